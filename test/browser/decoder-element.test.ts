import type { Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { digit, drawn, element, openPage, pixels, ready } from '../support/decoder-page.js';

describe.skipIf(!chromium)('the element <vae-decoder>', () => {
  it('says what is wrong, and loads when that is put right', () =>
    openPage('<vae-decoder src="/nowhere/" wasm="/ort"></vae-decoder>', async (page, { problems }) => {
      const failure = await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => ({ code, message }))`,
      );
      expect(failure).toMatchObject({ code: 'not-found' });
      const alert = element(page).getByRole('alert');
      expect(await alert.textContent()).toBe((failure as { message: string }).message);
      expect(await alert.textContent()).toContain('/nowhere/');
      // The browser's own words about the files that are not there.
      problems.length = 0;
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', '/newer/')`);
      await expect
        .poll(() => alert.textContent())
        .toMatch(/^http.*\/newer\/ vae\.json: version is 2, this package reads version 1\./);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', '/pixels/')`);
      await ready(page);
      expect(await alert.count()).toBe(0);
      expect((await drawn(page)).values).toHaveLength(12);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('limit', 'wide')`);
      await alert.waitFor();
      expect(await alert.textContent()).toBe('mountDecoder: limit is NaN, expected a number above 0.');
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('src', 'http://[bad')`);
      await expect
        .poll(() => alert.textContent())
        .toBe("vae-decoder: src is 'http://[bad', expected the URL of a folder.");
    }));

  it('tries again when it failed and is given the same address', () =>
    openPage(pixels, async (page, { server, problems }) => {
      const again = await page.evaluate(`(async () => {
        const element = document.querySelector('vae-decoder');
        await element.ready;
        element.limit = 'wide';
        await element.ready.catch(() => {});
        element.src = element.src;
        return element.ready.catch(({ message }) => message);
      })()`);
      expect(again).toContain('limit is NaN');
      await page.route('**/pixels/vae.json', (route) => route.abort());
      await page.evaluate(`{ const element = document.querySelector('vae-decoder'); element.limit = null; }`);
      const { code, message } = (await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => ({ code, message }))`,
      )) as { code: string; message: string };
      expect([code, message]).toEqual(['download-failed', expect.stringContaining('/pixels/vae.json: ')]);
      await page.unroute('**/pixels/vae.json');
      problems.length = 0;
      const before = server.requests.filter((path) => path === '/pixels/vae.json').length;
      await page.evaluate(
        `{ const element = document.querySelector('vae-decoder'); element.src = element.src; }`,
      );
      await ready(page);
      // Loaded, the same address changes nothing.
      await page.evaluate(
        `{ const element = document.querySelector('vae-decoder'); element.src = element.src; }`,
      );
      await drawn(page);
      expect(server.requests.filter((path) => path === '/pixels/vae.json')).toHaveLength(before + 1);
    }));

  it('says so when the network is gone, or the server', () =>
    openPage('', async (page, { problems }) => {
      await page.evaluate(`customElements.whenDefined('vae-decoder')`);
      const failure = () =>
        page.evaluate(`(async () => {
          const { loadDecoder } = await import('/vae/decoder.js');
          const options = { timeout: 500, wasm: { paths: '/ort/' } };
          const started = performance.now();
          const { code, message } = await loadDecoder('/far/', options).catch((error) => error);
          return { code, message, ms: performance.now() - started };
        })()`) as Promise<{ code: string; message: string; ms: number }>;
      let asked = 0;
      const answer = (how: (route: Route) => unknown) =>
        page.route('**/far/vae.json', async (route) => {
          asked++;
          await how(route);
        });
      await answer((route) => route.fulfill({ status: 503 }));
      expect(await failure()).toMatchObject({
        code: 'download-failed',
        message: expect.stringMatching(/\/far\/vae\.json: .*503.* \(4 attempts\)\.$/),
      });
      expect(asked).toBe(4);
      await page.unrouteAll();
      asked = 0;
      await answer(() => new Promise(() => {}));
      const { code, ms } = await failure();
      expect([code, asked]).toEqual(['download-failed', 1]);
      expect(ms).toBeLessThan(1000);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      // What is imported later would not come either.
      await page.context().setOffline(true);
      expect(await failure()).toMatchObject({
        code: 'download-failed',
        message: expect.stringContaining('/far/vae.json: '),
      });
      problems.length = 0;
    }));

  it('keeps its place in the page while it loads, and loads anew', () =>
    openPage('', async (page) => {
      const heights = (await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/models/mnist-conv/' });
        const heights = [];
        const load = async () => {
          await new Promise((next) => setTimeout(next));
          heights.push(element.offsetHeight);
          await element.ready;
          heights.push(element.offsetHeight);
        };
        document.body.append(element);
        await load();
        element.src = '/pixels/';
        await load();
        element.controls = 'none';
        await load();
        return heights;
      })()`)) as number[];
      const [first, digits, second, twelve, third] = heights;
      // The font of the machine decides about a pixel or two.
      expect(Math.abs(first - digits)).toBeLessThanOrEqual(8);
      expect([second, third]).toEqual([digits, twelve]);
      expect(digits).toBeGreaterThan(280);
    }));

  it('gives no latent of one model to another, and draws again after a latent that did not fit', () =>
    openPage('', async (page, { problems }) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const make = async (src) => {
          const element = document.createElement('vae-decoder');
          element.setAttribute('wasm', '/ort');
          element.setAttribute('src', src);
          document.body.append(element);
          return element;
        };
        const story = [];
        const moved = await make('/models/mnist-conv/');
        await moved.ready;
        moved.remove();
        moved.setAttribute('src', '/pixels/');
        document.body.append(moved);
        await moved.ready;
        story.push('moved ' + moved.z.length);
        const changed = await make('/models/mnist-conv/');
        await changed.ready;
        changed.setAttribute('controls', 'sliders');
        changed.setAttribute('src', '/pixels/');
        await changed.ready;
        story.push('changed ' + changed.z.length);
        const wrong = document.createElement('vae-decoder');
        wrong.setAttribute('wasm', '/ort');
        wrong.setAttribute('src', '/models/mnist-conv/');
        wrong.z = [1, 2, 3];
        document.body.append(wrong);
        await wrong.ready.catch(({ code }) => story.push(code));
        wrong.z = [0.5, -1];
        await wrong.ready;
        story.push('wrong ' + [...wrong.z]);
        return story;
      })()`);
      problems.length = 0;
      expect(story).toEqual(['moved 12', 'changed 12', 'bad-input', 'wrong 0.5,-1']);
    }));

  /** The latent of an element that could not load its first address with one given, and then loads a second. */
  const latentAfter = (page: Page, first: string, z: readonly number[], second: string) =>
    page.evaluate(`(async () => {
      await customElements.whenDefined('vae-decoder');
      const element = document.createElement('vae-decoder');
      Object.assign(element, { wasm: '/ort', src: '${first}', z: [${z}] });
      document.body.append(element);
      const failed = await element.ready.then(() => false, () => true);
      element.src = '${second}';
      await element.ready;
      return { failed, z: [...element.z] };
    })()`);

  it('keeps a latent through an address that is wrong', () =>
    openPage('', async (page, { problems }) => {
      const found = await latentAfter(page, '/typo/', [1, 2], '/models/mnist-conv/');
      expect(problems.splice(0)).not.toEqual([]);
      expect(found).toEqual({ failed: true, z: [1, 2] });
    }));

  it('starts the next model at 0 after a latent that did not fit the one before', () =>
    openPage('', async (page) => {
      const found = await latentAfter(page, '/models/mnist-conv/', [1, 2, 3], '/pixels/');
      expect(found).toEqual({ failed: true, z: new Array(12).fill(0) });
    }));

  it('calls its picture by alt, whenever that changes', () =>
    openPage('', async (page) => {
      const labels = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/', alt: 'before' });
        const label = () => element.shadowRoot.querySelector('canvas').getAttribute('aria-label');
        document.body.append(element);
        await new Promise((next) => setTimeout(next));
        element.alt = 'while it loads';
        await element.ready;
        const labels = [label()];
        element.alt = 'after';
        labels.push(label());
        element.alt = null;
        return [...labels, label()];
      })()`);
      expect(labels).toEqual(['while it loads', 'after', 'pixels: decoded image']);
    }));

  it('tells of each step, takes latents at any time, and frees the decoder when it leaves', () =>
    openPage('', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const story = [];
        const element = document.createElement('vae-decoder');
        for (const type of ['vae-load', 'vae-decode', 'vae-error']) {
          element.addEventListener(type, ({ detail }) => story.push([type, ...Object.keys(detail)].join(' ')));
        }
        element.setAttribute('src', '/pixels/');
        element.setAttribute('wasm', '/ort');
        element.z = new Array(12).fill(1);
        document.body.append(element);
        const first = await element.ready;
        story.push('z is ' + new Set(element.z) .size + ' value: ' + element.z[0]);
        element.remove();
        await first.decode(element.z).catch(({ code }) => story.push(code));
        document.body.append(element);
        const second = await element.ready;
        story.push(second === first ? 'same' : 'another', 'z is still ' + element.z[0]);
        element.setAttribute('src', '/models/mnist-conv/');
        const third = await element.ready;
        story.push(third.name + ' at ' + [...element.z]);
        try {
          element.z = [1, 2, 3];
        } catch ({ code, message }) {
          story.push(code + ': ' + message);
        }
        return story;
      })()`);
      expect(story).toEqual([
        'vae-decode image z',
        'vae-load decoder',
        'z is 1 value: 1',
        'disposed',
        'vae-decode image z',
        'vae-load decoder',
        'another',
        'z is still 1',
        'vae-decode image z',
        'vae-load decoder',
        'mnist-conv at 0,0',
        'bad-input: z: expected 2 numbers, got 3.',
      ]);
    }));

  it('draws in other documents than its own: a frame and a window', () =>
    openPage(digit, async (page) => {
      const widths = await page.evaluate(`(async () => {
        const element = document.querySelector('vae-decoder');
        const frame = document.createElement('iframe');
        frame.width = 600;
        document.body.append(frame);
        const places = [document, frame.contentDocument, open('').document, document];
        const widths = [];
        for (const { body, defaultView } of places) {
          body.append(element);
          await element.ready;
          const canvas = element.shadowRoot.querySelector('canvas');
          widths.push(defaultView.getComputedStyle(canvas).width);
        }
        const { mountDecoder } = await import('/vae/element.js');
        const { body } = frame.contentDocument;
        const wasm = { paths: '/ort/' };
        const alone = await mountDecoder(body, '/models/mnist-conv/', { wasm });
        const root = body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
        const filled = await mountDecoder(root, '/models/mnist-conv/', { wasm });
        for (const { canvas } of [alone, filled]) {
          widths.push(frame.contentWindow.getComputedStyle(canvas).width);
        }
        return [...widths, root.childElementCount === 1 && root.contains(filled.canvas)];
      })()`);
      expect(widths).toEqual([...new Array(6).fill('280px'), true]);
    }));

  /** A page with a lazy element far below what is seen, of which nothing was fetched. */
  const openOutOfView = (work: (page: Page, requests: readonly string[]) => Promise<void>) =>
    openPage(
      `<p style="block-size: 5000px">above</p>${pixels.replace('src', 'loading="lazy" src')}`,
      async (page, { server }) => {
        await page.waitForTimeout(300);
        expect(server.requests).not.toContain('/pixels/vae.json');
        await work(page, server.requests);
      },
    );

  it('waits until it is in view when it is lazy', () =>
    openOutOfView(async (page, requests) => {
      await page.evaluate('scrollTo(0, 4500)');
      await ready(page);
      expect(requests).toContain('/pixels/vae.json');
    }));

  it('has its attributes as properties, also those set before it was defined', () =>
    openPage('', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const before = document.implementation.createHTMLDocument().createElement('vae-decoder');
        before.wasm = '/ort';
        before.src = '/pixels/';
        before.z = new Array(12).fill(1);
        document.body.append(before);
        await before.ready;
        const story = [before.getAttribute('src'), before.z[0]];
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/', controls: 'pad', limit: 2 });
        document.body.append(element);
        await element.ready;
        story.push(element.shadowRoot.querySelector('input').max, element.limit);
        element.limit = null;
        await element.ready;
        return [...story, element.shadowRoot.querySelector('input').max, element.hasAttribute('limit')];
      })()`);
      expect(story).toEqual(['/pixels/', 1, '2', '2', '3', false]);
    }));

  it('loads when it is lazy no more', () =>
    openOutOfView(async (page, requests) => {
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'eager')`);
      await ready(page);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'lazy')`);
      await drawn(page);
      expect(requests.filter((path) => path === '/pixels/vae.json')).toHaveLength(1);
    }));

  it('looks for no model at the page itself when src is empty', () =>
    openPage('<vae-decoder src="" wasm="/ort"></vae-decoder>', async (page, { server }) => {
      const failure = await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => code + ' ' + message)`,
      );
      expect(failure).toBe("bad-option vae-decoder: src is '', expected the URL of a folder.");
      expect(server.requests.filter((path) => /json|onnx/.test(path))).toEqual([]);
    }));

  it('is ready with a latent that came while it loaded and does not fit, and says so', () =>
    openPage(pixels, async (page) => {
      const story = await page.evaluate(`(async () => {
        const element = document.querySelector('vae-decoder');
        const errors = [];
        element.addEventListener('vae-error', ({ detail }) => errors.push(detail.error.message));
        await customElements.whenDefined('vae-decoder');
        element.setAttribute('limit', '2');
        await new Promise((next) => setTimeout(next));
        element.z = [1, 2, 3];
        const { name } = await element.ready;
        const alert = () => element.shadowRoot.querySelector('[role=alert]')?.textContent;
        const story = [name, element.z.length, alert(), ...errors];
        const drawn = new Promise((next) => element.addEventListener('vae-decode', next, { once: true }));
        element.z = new Array(12).fill(1);
        await drawn;
        return [...story, alert()];
      })()`);
      const text = 'z: expected 12 numbers, got 3.';
      expect(story).toEqual(['pixels', 12, text, text, undefined]);
    }));

  it('tells who waits that it left the page, but not when it is only moved', () =>
    openPage('<main></main>', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/' });
        document.body.append(element);
        const { ready } = element;
        document.querySelector('main').append(element);
        const moved = (await ready).name;
        element.remove();
        document.body.append(element);
        const waits = element.ready;
        // With nobody to hear it, it is no error of the page.
        const alone = element.cloneNode();
        document.body.append(alone);
        alone.remove();
        element.remove();
        const left = await waits.catch(({ name, message }) => name + ' ' + message);
        document.body.append(element);
        return [moved, left, (await element.ready).name];
      })()`);
      expect(story).toEqual([
        'pixels',
        'AbortError vae-decoder: left the page before its first picture.',
        'pixels',
      ]);
    }));
});
