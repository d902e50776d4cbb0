import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chromium, withPage } from './browser.js';
import { bundle, bundleWorker } from './bundle.js';
import { node, root } from './project.js';
import { softwareVulkan, webgpuFlags } from './webgpu.js';

const decoder = join(root, 'packages/sdk/models/mnist-conv/decoder.onnx');

/** A script with two sessions `a` and `b` on one WebGPU runtime, and `run` for both. */
const script = (options: object, code: string) => `
  import { readFileSync } from 'node:fs';
  import { loadPooledRuntime } from '@vae/sdk/runtime';
  const bytes = readFileSync(${JSON.stringify(decoder)});
  const runtime = await loadPooledRuntime(${JSON.stringify({ device: 'webgpu', ...options })});
  const [a, b] = await Promise.all([runtime.createSession(bytes), runtime.createSession(bytes)]);
  const run = (session) => session.run({ z: { data: Float32Array.of(1, -1), shape: [1, 2] } }, ['x']);
  ${code}`;

describe.skipIf(!softwareVulkan)('WebGPU in Node on a software adapter (VAE_TEST_VULKAN)', () => {
  const start = (options: object, code: string) =>
    node(['--input-type=module', '-e', script(options, code)], { cwd: root, env: softwareVulkan });

  it.each([
    ['in its worker', {}],
    ['in this thread', { worker: false }],
  ])('runs overlapping calls one after another and ends cleanly without dispose, %s', async (_, options) => {
    const code = `
      const results = await Promise.all([run(a), run(b), run(a), run(b)]);
      console.log(JSON.stringify([runtime.worker, a.lanes, new Set(results.map(({ x }) => x.data.join())).size]));`;
    const outcome = await start(options, code);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(outcome.stdout)).toEqual([!('worker' in options), 1, 1]);
  });

  it('takes turns between a worker and this thread, which would crash each other', async () => {
    const code = `
      const here = await loadPooledRuntime({ device: 'webgpu', worker: false });
      const c = await here.createSession(bytes);
      const results = await Promise.all([run(a), run(c), run(b), run(c), run(a)]);
      console.log(results.length);
      await Promise.all([a, b, c].map((session) => session.release()));`;
    const outcome = await start({}, code);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0, stdout: '5\n' });
  });
});

describe.skipIf(!chromium)('a worker of a page, in Chromium (VAE_TEST_CHROMIUM)', () => {
  const open = async (options: object, args: readonly string[] = []) => {
    // The page's script finds the worker's beside itself, as in the package.
    const page = await bundle(`
      import { loadPooledRuntime } from '@vae/sdk/runtime';
      globalThis.start = async (options, bytes) => {
        const runtime = await loadPooledRuntime(options);
        const session = await runtime.createSession(new Uint8Array(bytes));
        const z = Float32Array.of(1, -1);
        const run = () => session.run({ z: { data: z, shape: [1, 2] } }, ['x']);
        const results = await Promise.all([run(), run(), run()]);
        await session.release();
        return {
          facts: [runtime.device, runtime.worker, runtime.threads, session.lanes, z.length],
          shapes: results.map(({ x }) => x.shape),
          sums: results.map(({ x }) => x.data.reduce((sum, value) => sum + value)),
        };
      };`);
    const worker = await bundleWorker();
    return withPage(
      (tab) =>
        tab.evaluate(
          `start(${JSON.stringify({ wasm: { paths: '/ort/' }, ...options })}, ${JSON.stringify([...readFileSync(decoder)])})`,
        ) as Promise<{ facts: unknown[]; shapes: number[][]; sums: number[] }>,
      {
        files: {
          '/': '<!doctype html><script type="module" src="/code.js"></script>',
          '/code.js': page,
          '/web/workers-script.js': worker,
        },
        folders: { '/ort': join(root, 'packages/sdk/node_modules/onnxruntime-web/dist') },
        args,
      },
    );
  };

  it('computes what the page computes', async () => {
    const inPage = await open({ device: 'wasm' });
    expect(inPage.facts).toEqual(['wasm', false, 1, 1, 2]);
    const inWorker = await open({ device: 'wasm', worker: true });
    expect(inWorker).toEqual({ ...inPage, facts: ['wasm', true, 1, 1, 2] });
    const inWorkers = await open({ device: 'wasm', worker: true, threads: 2 });
    expect(inWorkers).toEqual({ ...inPage, facts: ['wasm', true, 2, 2, 2] });
  });

  it('has WebGPU', async () => {
    const { facts, shapes } = await open({ device: 'webgpu', worker: true }, webgpuFlags);
    expect(facts).toEqual(['webgpu', true, 1, 1, 2]);
    expect(shapes).toEqual(Array(3).fill([1, 1, 28, 28]));
  });
});
