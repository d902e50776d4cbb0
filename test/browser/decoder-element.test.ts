import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { digit, drawn, element, inShadow, openPage, pixels, ready } from '../support/decoder-page.js';

describe.skipIf(!chromium)('the element <vae-decoder>', () => {
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
        'vae-decode image z label',
        'vae-load decoder',
        'z is 1 value: 1',
        'disposed',
        'vae-decode image z label',
        'vae-load decoder',
        'another',
        'z is still 1',
        'vae-decode image z label',
        'vae-load decoder',
        'mnist-conv at 0,0',
        'bad-input: z: expected 2 numbers, got 3.',
      ]);
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
      expect(await element(page).getByRole('img', { name: 'pixels: decoded image' }).count()).toBe(1);
      await page.evaluate(`{ document.querySelector('vae-decoder').alt = ''; }`);
      expect(await element(page).getByRole('img').count()).toBe(0);
      expect(await page.evaluate(`${inShadow('canvas')}.hasAttribute('aria-label')`)).toBe(false);
    }));

  it('tells screen readers that it loads, and who sees it also how far it is', () =>
    openPage('', async (page) => {
      await page.evaluate(`(async () => {
        const { fetch } = window;
        const { files } = await (await fetch('/models/mnist-conv/vae.json')).json();
        const start = (queue) => queue.enqueue(new Uint8Array(files.decoder.bytes / 2));
        const stalled = () => new Response(new ReadableStream({ start }));
        window.fetch = async (url, init) => (/onnx$/.test(url) ? stalled() : fetch(url, init));
        document.body.innerHTML = '${digit}';
      })()`);
      await expect
        .poll(() => element(page).locator('[part=status]').textContent())
        .toBe('Loading… decoder.onnx: 50 %');
      expect(await element(page).ariaSnapshot()).toBe('- status: Loading…');
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
        element.style.padding = '20px';
        element.src = '/models/mnist-conv/';
        await load();
        return heights;
      })()`)) as number[];
      const [first, digits, second, twelve, third, bare, padded] = heights;
      // The font of the machine decides about a pixel or two.
      expect(Math.abs(first - digits)).toBeLessThanOrEqual(8);
      expect([second, third, padded]).toEqual([digits, twelve, bare + 40]);
      expect(digits).toBeGreaterThan(280);
    }));

  it('keeps the height of its picture after a latent that could not be drawn', () =>
    openPage('', async (page, { problems }) => {
      const heights = (await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.createElement('vae-decoder');
        Object.assign(element, { wasm: '/ort', src: '/pixels/' });
        document.body.append(element);
        await new Promise((next) => setTimeout(next));
        element.z = [1, 2];
        await element.ready;
        const part = (name) => element.shadowRoot.querySelector('[part=' + name + ']');
        const heights = { error: part('error').offsetHeight, frame: part('frame').offsetHeight };
        element.controls = 'pad';
        await new Promise((next) => setTimeout(next));
        return { ...heights, loading: element.offsetHeight };
      })()`)) as { error: number; frame: number; loading: number };
      problems.length = 0;
      expect(heights.error).toBeGreaterThan(0);
      expect(heights.loading).toBe(heights.frame);
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

  it('needs neither sheets to adopt nor who tells what is in view, which documents for tests lack', () =>
    openPage('', async (page) => {
      const name = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        delete ShadowRoot.prototype.adoptedStyleSheets;
        delete globalThis.IntersectionObserver;
        document.body.innerHTML = '<vae-decoder src="/pixels/" wasm="/ort" loading="lazy"></vae-decoder>';
        return (await document.querySelector('vae-decoder').ready).name;
      })()`);
      expect(name).toBe('pixels');
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

  it('loads when it is lazy no more', () =>
    openOutOfView(async (page, requests) => {
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'eager')`);
      await ready(page);
      await page.evaluate(`document.querySelector('vae-decoder').setAttribute('loading', 'lazy')`);
      await drawn(page);
      expect(requests.filter((path) => path === '/pixels/vae.json')).toHaveLength(1);
    }));
});
