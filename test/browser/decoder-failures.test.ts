import type { Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { drawn, element, openPage, pixels, ready } from '../support/decoder-page.js';

describe.skipIf(!chromium)('a decoder that cannot be loaded', () => {
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

  it('waits no longer than its signal for a .wasm file that never comes', () =>
    openPage('', async (page) => {
      await page.route('**/*.wasm', () => {});
      const failure = await page.evaluate(`(async () => {
        const { loadDecoder } = await import('/vae/decoder.js');
        const options = { signal: AbortSignal.timeout(500), wasm: { paths: '/ort/' } };
        return loadDecoder('/pixels/', options).catch(({ name }) => name);
      })()`);
      expect(failure).toBe('TimeoutError');
    }));

  it('looks for no model at the page itself when src is empty', () =>
    openPage('<vae-decoder src="" wasm="/ort"></vae-decoder>', async (page, { server }) => {
      const failure = await page.evaluate(
        `document.querySelector('vae-decoder').ready.catch(({ code, message }) => code + ' ' + message)`,
      );
      expect(failure).toBe("bad-option vae-decoder: src is '', expected the URL of a folder.");
      expect(server.requests.filter((path) => /json|onnx/.test(path))).toEqual([]);
    }));

  it('is empty without src, takes no room, and waits for one', () =>
    openPage('<vae-decoder wasm="/ort"></vae-decoder>', async (page) => {
      const story = await page.evaluate(`(async () => {
        await customElements.whenDefined('vae-decoder');
        const element = document.querySelector('vae-decoder');
        const { ready } = element;
        const empty = () => [element.offsetHeight, element.shadowRoot.childElementCount].join();
        const story = [empty()];
        element.src = '/pixels/';
        story.push((await ready).name);
        element.src = null;
        return [...story, empty(), element.ready !== ready];
      })()`);
      expect(story).toEqual(['0,0', 'pixels', '0,0', true]);
    }));
});
