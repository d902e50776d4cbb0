import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import { loadRuntime } from '@vae/sdk/runtime';
import * as page from '@vae/trainer/page';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainInPage } from '../runtimes/training.mjs';
import { chromium, withPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { root } from '../support/project.js';
import { webgpuFlags } from '../support/webgpu.js';

interface Trained {
  readonly terms: readonly Readonly<Record<string, number>>[];
  readonly bytesRead: readonly number[];
  /** Bytes that the page mapped for reading in each step, where there is WebGPU. */
  readonly mapped: readonly number[];
  /** What the decoder of the two files makes of one latent vector. */
  readonly decoded: readonly number[];
}

const source = `
  import { VAE } from '@vae/sdk';
  import { loadRuntime } from '@vae/sdk/runtime';
  import * as page from './packages/trainer/src/page/index.ts';
  import { trainInPage } from './test/runtimes/training.mjs';

  let bytes = 0;
  const { mapAsync } = globalThis.GPUBuffer?.prototype ?? {};
  if (mapAsync)
    GPUBuffer.prototype.mapAsync = function (mode, offset = 0, size = this.size - offset) {
      if (mode & GPUMapMode.READ) bytes += size;
      return mapAsync.call(this, mode, offset, size);
    };

  globalThis.run = async (recipe, device) => {
    const wasm = { paths: '/ort/' };
    const mapped = [];
    const watch = () => { mapped.push(bytes); bytes = 0; };
    const runtime = await loadRuntime({ device, wasm });
    bytes = 0; // The trial run of the device read its result.
    const { terms, bytesRead, encoder, decoder } = await trainInPage(page, runtime, recipe, watch);
    const vae = await VAE.load({ encoder, decoder }, { device: 'wasm', wasm });
    const { data } = await vae.decode([[0.5, -1]]);
    await vae.dispose();
    return { terms, bytesRead, mapped, decoded: [...data] };
  };
`;

let recipe: object;
let expected: Omit<Trained, 'mapped'>;

beforeAll(async () => {
  recipe = JSON.parse(await readFile(join(root, 'models/seed-cvae/recipe.json'), 'utf8'));
  const runtime = await loadRuntime({ device: 'cpu' });
  const { terms, bytesRead, encoder, decoder } = await trainInPage(page, runtime, recipe);
  const vae = await VAE.load({ encoder, decoder }, { device: 'cpu' });
  const { data } = await vae.decode([[0.5, -1]]);
  await vae.dispose();
  expected = { terms, bytesRead, decoded: [...data] };
});

async function inChromium(device: string, args: string[] = []): Promise<Trained> {
  const files = {
    '/': '<!doctype html><script type="module" src="/code.js"></script>',
    '/code.js': await bundle(source),
  };
  const folders = { '/ort': join(root, 'packages/sdk/node_modules/onnxruntime-web/dist') };
  return withPage((tab) => tab.evaluate(`run(${JSON.stringify(recipe)}, '${device}')`) as Promise<Trained>, {
    files,
    folders,
    args,
  });
}

function expectSame(found: Trained): void {
  for (const [step, terms] of found.terms.entries()) {
    const wanted = expected.terms[step];
    expect(Object.keys(terms).sort()).toEqual(Object.keys(wanted).sort());
    expect(Math.abs(terms.loss! / wanted.loss! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
  }
  found.decoded.forEach((value, i) => {
    expect(Math.abs(value - expected.decoded[i])).toBeLessThan(1e-3);
  });
  // Loss and terms came back and nothing else: one float32 each.
  const perStep = 4 * Object.keys(expected.terms[0]).length;
  expect(found.bytesRead).toEqual(expected.terms.map(() => perStep));
}

it('needs nothing of Node', async () => {
  const code = await bundle(source);
  expect(code).toContain('PageTraining');
  expect(code).not.toMatch(
    /\b(from|import|require)\s*\(?\s*["'](node:|(fs|path|os|module|worker_threads)["'])/,
  );
});

describe.skipIf(!chromium)('training seed-cvae in Chromium (VAE_TEST_CHROMIUM)', () => {
  it('learns in the steps that are compared', () => {
    expect(expected.terms).toHaveLength(20);
    expect(expected.terms[0].loss! / expected.terms[19].loss!).toBeGreaterThan(1.01);
  });

  it('gives on wasm what the CPU gives in Node', async () => {
    expectSame(await inChromium('wasm'));
  });

  it('gives the same on webgpu with a software adapter, and keeps the state there', {
    timeout: 240_000,
  }, async () => {
    const found = await inChromium('webgpu', webgpuFlags);
    expectSame(found);
    // ONNX Runtime reads every term through a buffer of its own, whose size is a multiple of 16 bytes.
    const perStep = 16 * Object.keys(expected.terms[0]).length;
    expect(found.mapped).toEqual(found.terms.map(() => perStep));
  });
});
