import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { chromium, crossOriginIsolation, withPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { lastJson, node, root } from '../support/project.js';
import { softwareVulkan, webgpuFlags } from '../support/webgpu.js';

// One contract for every runtime and device. Node's run in a process of their own: a device that takes the process
// down is then a failed test, not the end of all tests.

interface Values {
  readonly data: readonly number[];
  readonly shape: readonly number[];
}

type Results = { readonly device: string; readonly report: unknown; readonly draws: Values } & Record<
  string,
  Values
>;

const model = join(root, 'models/mnist-conv');
const ort = join(root, 'packages/sdk/node_modules/onnxruntime-web/dist');

async function inNode(options: object, env: NodeJS.ProcessEnv = {}): Promise<Results> {
  const script = join(root, 'test/runtimes/contract-child.mjs');
  const outcome = await node([script, JSON.stringify({ source: model, options })], { env });
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return lastJson(outcome) as never;
}

async function inChromium(
  options: object,
  { args, headers }: { args?: string[]; headers?: Record<string, string> } = {},
): Promise<{ readonly results: Results; readonly helpers: number }> {
  const code = await bundle(`
    import { VAE } from '@vae/sdk';
    import { contract } from './test/runtimes/contract.mjs';
    globalThis.run = (options) => contract(VAE, '/model/', options);
  `);
  const files = { '/': '<!doctype html><script type="module" src="/code.js"></script>', '/code.js': code };
  const folders = { '/model': model, '/ort': ort };
  return withPage(
    async (page) => {
      const results = await page.evaluate(`run(${JSON.stringify({ wasm: { paths: '/ort/' }, ...options })})`);
      return { results: results as Results, helpers: page.workers().length };
    },
    { files, folders, args, headers },
  );
}

let expected: Results;

beforeAll(async () => {
  expected = await inNode({ device: 'cpu', threads: 1, worker: false });
});

function expectContract(actual: Results, device: string): void {
  expect(actual.device).toBe(device);
  expect(actual.draws).toEqual(expected.draws);
  const names = Object.keys(expected).filter((name) => name !== 'device' && name !== 'report');
  for (const name of names) {
    const [have, want] = [actual[name], expected[name]];
    expect(have.shape, name).toEqual(want.shape);
    const largest = Math.max(1, ...want.data.map(Math.abs));
    const worst = Math.max(...want.data.map((value, i) => Math.abs(value - have.data[i])));
    expect(worst, `${name} on ${device}`).toBeLessThan(1e-4 * largest);
  }
}

describe('the contract in Node', () => {
  it('agrees with the generator of the specification', async () => {
    // Row i is the beginning of the sequence of (seed 7, stream 'reparameterize', index i).
    const { normal } = await import('@vae/sdk/random');
    const rows = Array.from({ length: 64 }, (_, index) => [
      ...normal({ seed: 7, stream: 'reparameterize', index }, 2),
    ]);
    expect(expected.draws.data).toEqual(rows.flat());
  });

  it.each([
    ['cpu', { device: 'cpu' }],
    ['cpu', { device: 'cpu', threads: 2, worker: false }],
    ['wasm', { device: 'wasm' }],
    ['wasm', { device: 'wasm', worker: false }],
  ])('%s %j', async (device, options) => expectContract(await inNode(options), device));

  it.skipIf(!softwareVulkan)('webgpu on a software adapter (VAE_TEST_VULKAN)', async () => {
    expectContract(await inNode({ device: 'webgpu' }, softwareVulkan), 'webgpu');
  });
});

describe.skipIf(!chromium)('the contract in Chromium (VAE_TEST_CHROMIUM)', () => {
  it('wasm, one thread', async () => {
    const { helpers, results } = await inChromium({ device: 'wasm' });
    expect(helpers).toBe(0);
    expectContract(results, 'wasm');
  });

  it('wasm, several threads', async () => {
    const { helpers, results } = await inChromium(
      { device: 'wasm', threads: 2 },
      { headers: crossOriginIsolation },
    );
    // The page's own thread is one of them.
    expect(helpers).toBe(1);
    expectContract(results, 'wasm');
  });

  it('webgpu on a software adapter', async () => {
    const { helpers, results } = await inChromium({ device: 'webgpu' }, { args: webgpuFlags });
    expect(helpers).toBe(0);
    expectContract(results, 'webgpu');
  });
});

it('names the model that the contract is about', async () => {
  const { latent } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  expect(latent).toEqual({ kind: 'gaussian', shape: [2] });
});
