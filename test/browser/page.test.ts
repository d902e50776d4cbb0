import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chromium, crossOriginIsolation, servePages, withPage } from '../support/browser.js';
import {
  built,
  digit,
  digitsOfNode,
  inShadow,
  models,
  openPage,
  ready,
  runtime,
} from '../support/decoder-page.js';

const policy = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };

/** The digits with another first byte of the decoder. */
const digits = join(models, 'mnist-conv');
const changed = {
  '/changed/vae.json': readFileSync(join(digits, 'vae.json')),
  '/changed/decoder.onnx': readFileSync(join(digits, 'decoder.onnx')).fill(1, 0, 1),
};

describe.skipIf(!chromium)('the page, from the built files', () => {
  const expectDigit = digitsOfNode();

  it('draws a digit that equals the one in Node, and fetches nothing of the encoder', () =>
    openPage(digit, async (page, { server }) => {
      expect(await ready(page)).toBe('wasm');
      await expectDigit(page, [0, 0]);
      const fetched = server.requests.filter((path) => !path.startsWith('/vae/'));
      expect(fetched).not.toContain('/models/mnist-conv/encoder.onnx');
    }));

  it.each([
    ['under a policy that forbids eval, inline scripts and inline styles', policy],
    ['with cross-origin isolation', crossOriginIsolation],
    ['with both', { ...policy, ...crossOriginIsolation }],
  ])('draws %s', (_, headers) =>
    openPage(
      digit,
      async (page) => {
        expect(await page.evaluate('crossOriginIsolated')).toBe('Cross-Origin-Opener-Policy' in headers);
        await ready(page);
        await expectDigit(page, [0, 0]);
        expect(await page.evaluate(`getComputedStyle(${inShadow('canvas')}).imageRendering`)).toBe(
          'pixelated',
        );
      },
      { headers },
    ),
  );

  it('takes the .wasm file that lies beside the scripts', async () => {
    const file = '/vae/ort-wasm-simd-threaded.wasm';
    const files = { [file]: await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')) };
    await openPage(
      '<vae-decoder src="/models/mnist-conv/"></vae-decoder>',
      async (page, { server }) => {
        await ready(page);
        const { requests } = server;
        expect(requests.filter((path) => /wasm|onnx|json/.test(path)).sort()).toEqual([
          '/models/mnist-conv/decoder.onnx',
          '/models/mnist-conv/vae.json',
          file,
          expect.stringMatching(/^\/vae\/ort\.wasm\.bundle/),
        ]);
      },
      { files },
    );
  });

  it('needs the .wasm file only, in the folder that the attribute names', async () => {
    const files = {
      '/folder/ort-wasm-simd-threaded.wasm': await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')),
    };
    await openPage(
      digit.replace('/ort', '/folder'),
      async (page) => {
        await ready(page);
        await expectDigit(page, [0, 0]);
      },
      { files },
    );
  });

  it('finds the .wasm file beside the scripts when those come from another origin', async () => {
    const files = {
      '/vae/ort-wasm-simd-threaded.wasm': await readFile(join(runtime, 'ort-wasm-simd-threaded.wasm')),
    };
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const cdn = await servePages({ folders: { '/vae': built }, files, headers });
    try {
      await withPage(
        async (page) => {
          expect(await ready(page)).toBe('wasm');
          await expectDigit(page, [0, 0]);
        },
        {
          folders: { '/models': models },
          files: {
            '/': `<!doctype html><meta charset="utf-8"><script type="module" src="${cdn.url}/vae/element.js"></script><vae-decoder src="/models/mnist-conv/"></vae-decoder>`,
          },
        },
      );
    } finally {
      await cdn.close();
    }
  });

  it('says that a server of another origin must allow the page to read its answers', async () => {
    const closed = await servePages({ folders: { '/models': models } });
    try {
      await openPage('', async (page, { server, problems }) => {
        const told = await page.evaluate(`(async () => {
          const { loadDecoder } = await import('/vae/decoder.js');
          return loadDecoder('${closed.url}/models/mnist-conv/').catch(({ code, message }) => [code, message]);
        })()`);
        expect(told).toEqual([
          'download-failed',
          expect.stringContaining(`(Access-Control-Allow-Origin: ${server.url})`),
        ]);
        // What the browser itself says of it.
        expect(problems.splice(0).every((text) => text.includes(closed.url))).toBe(true);
      });
    } finally {
      await closed.close();
    }
  });

  it('draws from plain http beyond localhost, where browsers offer no checksums', () =>
    openPage(
      '',
      async (page, { server }) => {
        const url = server.url.replace('127.0.0.1', 'machine.test');
        await page.goto(`${url}/digit`);
        expect(await page.evaluate('[isSecureContext, crypto.subtle]')).toEqual([false, undefined]);
        expect(await ready(page)).toBe('wasm');
        await expectDigit(page, [0, 0]);
        const told = await page.evaluate(`(async () => {
          const { loadDecoder } = await import('/vae/decoder.js');
          return loadDecoder('/changed/', { wasm: { paths: '/ort/' } }).catch(({ message }) => message);
        })()`);
        expect(told).toMatch(/decoder\.onnx: sha256 is [0-9a-f]{64}, the manifest says/);
      },
      {
        args: ['--host-resolver-rules=MAP machine.test 127.0.0.1'],
        files: {
          '/digit': `<!doctype html><meta charset="utf-8"><script type="module" src="/vae/element.js"></script>${digit}`,
          ...changed,
        },
      },
    ));

  it.each([
    ['of a batch', 'decoder.decode({ data: new Float32Array(12_000), shape: [6000, 2] }, { signal })'],
    [
      'one after another',
      '(async () => { for (let i = 0; i < 6000; i++) await decoder.decode([0, 0], { signal }); })()',
    ],
  ])('lets the page go on between runs %s, so that a timer stops them', (_, runs) =>
    openPage('', async (page) => {
      const stopped = await page.evaluate(`(async () => {
        const { loadDecoder } = await import('/vae/decoder.js');
        const decoder = await loadDecoder('/models/mnist-conv/', { wasm: { paths: '/ort/' } });
        const stop = new AbortController();
        const { signal } = stop;
        let ticks = 0;
        const timer = setInterval(() => ++ticks === 3 && stop.abort('stopped'), 10);
        return ${runs}.then(() => 'ran to its end', (reason) => reason).finally(() => clearInterval(timer));
      })()`);
      expect(stopped).toBe('stopped');
    }),
  );
});
