import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium, crossOriginIsolation, type PageOptions, withPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { root } from '../support/project.js';

// ONNX Runtime with several threads, on pages that are cross-origin isolated.

const folders = {
  '/vae': join(root, 'packages/sdk/dist/browser'),
  '/models': join(root, 'packages/sdk/models'),
  '/ort': join(root, 'packages/sdk/node_modules/onnxruntime-web/dist'),
};

const wasmFile = 'ort-wasm-simd-threaded.wasm';

const open = <Result>(work: (page: Page) => Promise<Result>, files: PageOptions['files'] = {}) =>
  withPage(work, { folders, files, headers: crossOriginIsolation });

/** Decodes on this many threads, from the files for pages without a bundler; gives what it ran on. */
const decode = (page: Page, threads: number, wasm: string) =>
  page.evaluate(`(async () => {
    const { loadDecoder } = await import('/vae/decoder.js');
    const decoder = await loadDecoder('/models/mnist-conv/', { threads: ${threads}, wasm: ${wasm} });
    const { data } = await decoder.decode([0, 0]);
    await decoder.dispose();
    return decoder.device + ' ' + data.length;
  })()`);

describe.skipIf(!chromium)('threads in Chromium (VAE_TEST_CHROMIUM)', () => {
  it.each([
    ['a folder', `{ paths: '/ort/' }`],
    ['a folder without a slash at its end', `{ paths: '/ort' }`],
    ['a URL', `{ paths: new URL('/ort', location) }`],
    ['the URL of a file', `{ paths: { wasm: new URL('/ort/${wasmFile}', location) } }`],
    ['bytes', `{ binary: await fetch('/ort/${wasmFile}').then((file) => file.arrayBuffer()) }`],
  ])('start from %s', (_, wasm) =>
    open(async (page) => {
      expect(await decode(page, 2, wasm)).toBe('wasm 784');
      // The page's own thread is one of them.
      expect(page.workers()).toHaveLength(1);
    }),
  );

  it('wait for the .wasm file however long it takes', () =>
    open(async (page) => {
      await page.clock.install();
      let send = () => {};
      const sent = new Promise<void>((resolve) => {
        send = resolve;
      });
      await page.route(/\.wasm$/, async (route) => {
        await sent;
        await route.continue();
      });
      const asked = page.waitForRequest(/\.wasm$/);
      const decoded = decode(page, 2, `{ paths: '/ort/' }`);
      await asked;
      await page.clock.runFor('10:00');
      send();
      expect(await decoded).toBe('wasm 784');
    }));

  it.each([
    ['beside it', 'undefined'],
    ['elsewhere', `{ paths: { wasm: 'ort/${wasmFile}' } }`],
    ['in memory', `{ binary: await fetch('/ort/${wasmFile}').then((file) => file.arrayBuffer()) }`],
  ])('say that they run the app, which is one file, with the .wasm file %s', async (_, wasm) => {
    const code = await bundle(`
      import { VAE } from '@vae/sdk';
      globalThis.load = async (threads) => {
        const options = { device: 'wasm', threads, wasm: ${wasm} };
        return VAE.load('/models/mnist-conv/', options).then(() => 'loaded', ({ message }) => message);
      };
    `);
    const html = '<!doctype html><script type="module" src="/code.js"></script>';
    await open(
      async (page) => {
        await page.clock.install();
        const told = page.evaluate('load(2)');
        let settled = false;
        void told.finally(() => {
          settled = true;
        });
        while (!settled) {
          await page.clock.runFor(1000);
          // What really comes over the network must not look late.
          await new Promise((next) => setTimeout(next, 200));
        }
        expect(await told).toContain('Pass threads: 1, or split the bundle (esbuild: --splitting)');
        // One start is all that a page has.
        expect(await page.evaluate('load(1)')).toBe(await told);
      },
      { '/': html, '/code.js': code, [`/${wasmFile}`]: await readFile(join(folders['/ort'], wasmFile)) },
    );
  });
});
