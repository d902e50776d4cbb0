import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: a conditional model whose results are computed by hand is written with it
import * as pets from '../../packages/sdk/src/testing/conditional.js';
// biome-ignore lint/style/noRestrictedImports: as above
import { modelFolder } from '../../packages/sdk/src/testing/models.js';
import { chromium, crossOriginIsolation, withPage } from '../support/browser.js';
import { bundle, bundleWorker } from '../support/bundle.js';
import { lastJson, node, root } from '../support/project.js';
import { softwareVulkan, webgpuFlags } from '../support/webgpu.js';
import { latents, rows } from './contract.mjs';

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
  const outcome = await node([script, JSON.stringify({ source: model, conditional, options })], { env });
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return lastJson(outcome) as never;
}

async function inChromium(
  options: object,
  { args, headers }: { args?: string[]; headers?: Record<string, string> } = {},
): Promise<{ readonly results: Results; readonly helpers: number }> {
  const code = await bundle(`
    import { VAE } from '@vae/sdk';
    import { classContract, contract } from './test/runtimes/contract.mjs';
    globalThis.run = async (options) => {
      const results = await contract(VAE, '/model/', options);
      return { ...results, ...(await classContract(VAE, '/conditional/', options)) };
    };
  `);
  const files = {
    '/': '<!doctype html><script type="module" src="/code.js"></script>',
    '/code.js': code,
    '/web/workers-script.js': await bundleWorker(),
  };
  const folders = { '/model': model, '/conditional': conditional, '/ort': ort };
  return withPage(
    async (page) => {
      const results = await page.evaluate(`run(${JSON.stringify({ wasm: { paths: '/ort/' }, ...options })})`);
      return { results: results as Results, helpers: page.workers().length };
    },
    { files, folders, args, headers },
  );
}

let conditional: string;
let expected: Results;

beforeAll(async () => {
  // Labels go in as numbers of classes and as one-hot rows.
  conditional = await modelFolder({
    encoder: pets.conditionalEncoder({ takes: 'int64 [N]' }),
    decoder: pets.conditionalDecoder({ takes: 'float32 [N, 3]' }),
    fields: pets.conditionalFields,
  });
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

  it('gives what the formulas of the conditional model give', () => {
    const means = (...labels: number[]) =>
      rows.flatMap((row, i) => pets.encodeByHand(row, pets.oneHot(labels[i])).slice(0, 2));
    const decoded = (...labels: number[]) =>
      latents.flatMap((z, i) => pets.decodeByHand(z, pets.oneHot(labels[i])));
    expect(expected['means of one class'].data).toEqual(means(2, 2, 2));
    expect(expected['means of a class each'].data).toEqual(means(2, 0, 1));
    expect(expected['decoded with one class'].data).toEqual(decoded(1, 1, 1));
    expect(expected['decoded with a class each'].data).toEqual(decoded(2, 0, 1));
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

  it.each([
    [1, {}],
    [2, { headers: crossOriginIsolation }],
  ])('wasm, in a Web Worker, threads: %i', async (threads, options) => {
    const { helpers, results } = await inChromium({ device: 'wasm', threads, worker: true }, options);
    expect(helpers).toBe(threads);
    expectContract(results, 'wasm');
  });

  it.each([
    ['', {}, 0],
    [', in a Web Worker', { worker: true }, 1],
  ])('webgpu on a software adapter%s', async (_, options, workers) => {
    const { helpers, results } = await inChromium({ device: 'webgpu', ...options }, { args: webgpuFlags });
    expect(helpers).toBe(workers);
    expectContract(results, 'webgpu');
  });
});

it('names the model that the contract is about', async () => {
  const { latent } = JSON.parse(await readFile(join(model, 'vae.json'), 'utf8'));
  expect(latent).toEqual({ kind: 'gaussian', shape: [2] });
});
