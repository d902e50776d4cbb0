import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromium } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { models, openPage } from '../support/decoder-page.js';
import { root } from '../support/project.js';
import { webgpuFlags } from '../support/webgpu.js';

// What is lost is the device of onnxruntime-web, once it has drawn: the second call after that used to block the page.

/** Keeps what the page gets of WebGPU, so that a test can end it. */
const keepDevices = `{
  const { requestDevice } = GPUAdapter.prototype;
  globalThis.devices = [];
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    devices.push(device);
    return device;
  };
}`;

const load = `const { loadDecoder } = await import('/vae/decoder.js');
  const load = (device) => loadDecoder('/models/mnist-conv/', { device, wasm: { paths: '/ort/' } });
  const told = (promise) => promise.then(() => 'ran', ({ code, message }) => code + ' ' + message);`;

const open = (work: (page: Page, browser: Browser) => Promise<void>) =>
  openPage(
    '',
    async (page, { browser, problems }) => {
      await page.evaluate(keepDevices);
      await work(page, browser);
      // Chromium's own words about the process that ended.
      problems.length = 0;
    },
    { args: webgpuFlags },
  );

async function endGpuProcess(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  process.kill(processInfo.find(({ type }) => type === 'GPU')!.id, 'SIGKILL');
}

const lost =
  /^runtime-failed The GPU was lost \(.+\); reload the page, or load the model with device: 'wasm'\.$/;

describe.skipIf(!chromium)('a GPU that is lost, in Chromium (VAE_TEST_CHROMIUM)', () => {
  it.each([
    ['between calls', 'devices.at(-1).destroy(); await devices.at(-1).lost;'],
    ['before the page is told', 'devices.at(-1).destroy();'],
    [
      'during a call',
      'const first = told(decoder.decode([0, 1])); await new Promise((next) => setTimeout(next, 5)); devices.at(-1).destroy(); await first;',
    ],
  ])('ends every call with an error, and leaves wasm: %s', (_, lose) =>
    open(async (page) => {
      const story = (await page.evaluate(`(async () => {
        ${load}
        const decoder = await load('webgpu');
        await decoder.decode([0, 1]);
        ${lose}
        const story = [];
        for (let i = 0; i < 3; i++) story.push(await told(decoder.decode([0, 1])));
        story.push(await told(load('webgpu')), await told(decoder.dispose()));
        const other = await load('wasm');
        return [...story, await told(other.decode([0, 1]))];
      })()`)) as string[];
      expect(story.slice(0, 3)).toEqual(new Array(3).fill(expect.stringMatching(lost)));
      expect(story[3]).toContain('The GPU was lost');
      expect(story.slice(4)).toEqual(['ran', 'ran']);
    }),
  );

  it('ends the calls under way too when the GPU process dies', () =>
    open(async (page, browser) => {
      await page.evaluate(`(async () => {
        ${load}
        const decoder = await load('webgpu');
        await decoder.decode([0, 1]);
        globalThis.calls = Promise.all(Array.from({ length: 500 }, () => told(decoder.decode([0, 1]))));
      })()`);
      await endGpuProcess(browser);
      const outcomes = (await page.evaluate('calls')) as string[];
      expect(outcomes.at(-1)).toMatch(lost);
    }));

  it('is not what ONNX Runtime gives up with its last session', () =>
    open(async (page) => {
      const story = await page.evaluate(`(async () => {
        ${load}
        const story = [];
        for (let i = 0; i < 3; i++) {
          const decoder = await load('webgpu');
          const old = devices.at(-1);
          story.push(await told(decoder.decode([0, 1])));
          await decoder.dispose();
          if (i < 2) await old.lost;
        }
        return story;
      })()`);
      expect(story).toEqual(['ran', 'ran', 'ran']);
    }));

  it('is told from a worker', async () => {
    const entry = join(root, 'packages/sdk/src/platform/web/workers-script.ts');
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm' });
    const page = await bundle(`
      import { loadPooledRuntime } from '@vae/sdk/runtime';
      Object.assign(globalThis, { loadPooledRuntime });`);
    const bytes = JSON.stringify([...readFileSync(join(models, 'mnist-conv/decoder.onnx'))]);
    await openPage(
      '',
      async (tab, { browser, problems }) => {
        const first = await tab.evaluate(`(async () => {
          await import('/code.js');
          const worker = () => '/worker.js';
          const runtime = await loadPooledRuntime({ device: 'webgpu', worker, wasm: { paths: '/ort/' } });
          globalThis.session = await runtime.createSession(new Uint8Array(${bytes}));
          globalThis.run = () => session
            .run({ z: { data: Float32Array.of(1, -1), shape: [1, 2] } }, ['x'])
            .then(() => 'ran', ({ code, message }) => code + ' ' + message);
          return run();
        })()`);
        await endGpuProcess(browser);
        const story = await tab.evaluate('Promise.all([run(), run(), run()])');
        await tab.evaluate('session.release()');
        expect(first).toBe('ran');
        expect(story).toEqual(new Array(3).fill(expect.stringMatching(lost)));
        problems.length = 0;
      },
      { args: webgpuFlags, files: { '/code.js': page, '/worker.js': outputFiles[0].text } },
    );
  });
});
