import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: a model whose pictures are computed by hand is written with it
import { onnxModel } from '../../packages/sdk/src/testing/onnx.js';
import { type PageOptions, withPage } from './browser.js';
import { root } from './project.js';

/** The files for pages without a bundler, as they are published. */
export const built = join(root, 'packages/sdk/dist/browser');
export const runtime = join(root, 'packages/sdk/node_modules/onnxruntime-web/dist');
export const models = join(root, 'packages/sdk/models');

/** Where the codes of the plain autoencoder lie. */
export const codes = {
  mean: Array.from({ length: 12 }, (_, i) => 4 + i / 8),
  std: Array.from({ length: 12 }, (_, i) => (i === 7 ? 0.5 : 0.25)),
};

/**
 * Twelve latents, each the logit of one pixel of a picture of 3 x 4: as a VAE, and as a plain autoencoder that is called
 * `codes`.
 */
function pixelModels() {
  const decoder = onnxModel({
    inputs: [{ name: 'z', shape: ['N', 12] }],
    outputs: ['x', 'logits'].map((name) => ({ name, shape: ['N', 1, 3, 4] })),
    constants: [{ name: 'shape', shape: [4], data: BigInt64Array.of(-1n, 1n, 3n, 4n) }],
    nodes: [
      { op: 'Reshape', inputs: ['z', 'shape'], outputs: ['logits'] },
      { op: 'Sigmoid', inputs: ['logits'], outputs: ['x'] },
    ],
  });
  const manifest = {
    format: 'vae',
    version: 1,
    name: 'pixels',
    data: { kind: 'image', shape: [1, 3, 4], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [12] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    files: {
      decoder: {
        path: 'decoder.onnx',
        bytes: decoder.length,
        sha256: createHash('sha256').update(decoder).digest('hex'),
      },
    },
    prior: { kind: 'standard-normal', kl: [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10] },
  };
  const plain = {
    ...manifest,
    latent: { kind: 'deterministic', shape: [12] },
    prior: { kind: 'standard-normal', ...codes },
  };
  return {
    '/pixels/vae.json': JSON.stringify(manifest),
    '/pixels/decoder.onnx': decoder,
    '/codes/vae.json': JSON.stringify(plain),
    '/codes/decoder.onnx': decoder,
  };
}

/** A model of a version to come. */
const newer = { '/newer/vae.json': JSON.stringify({ format: 'vae', version: 2 }) };

export const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** A page whose body is this. Scripts are files, as a strict policy demands. */
export async function openPage<Result>(
  body: string,
  work: (page: Page, opened: Parameters<Parameters<typeof withPage>[0]>[1]) => Promise<Result>,
  options: PageOptions = {},
) {
  const { files, folders, ...rest } = options;
  const script = '<script type="module" src="/vae/element.js"></script>';
  return withPage(work, {
    folders: { '/vae': built, '/models': models, '/ort': runtime, ...folders },
    files: {
      '/': `<!doctype html><meta charset="utf-8"><title>test</title>${script}<body>${body}`,
      ...pixelModels(),
      ...newer,
      ...files,
    },
    ...rest,
  });
}

/** The bundled digits. */
export const digit = '<vae-decoder src="/models/mnist-conv/" wasm="/ort"></vae-decoder>';
/** Twelve pixels that are computed by hand. */
export const pixels = '<vae-decoder src="/pixels/" wasm="/ort"></vae-decoder>';
export const element = (page: Page) => page.locator('vae-decoder');

/** Code that gives an element inside the decoder. */
export function inShadow(selector: string): string {
  return `document.querySelector('vae-decoder').shadowRoot.querySelector('${selector}')`;
}

/** Waits for the first picture. */
export const ready = (page: Page) =>
  page.evaluate(`document.querySelector('vae-decoder').ready.then(({ device }) => device)`);

/** The latent, and the picture as values 0 to 1, once no more is being drawn. */
export async function drawn(page: Page): Promise<{ z: number[]; values: number[] }> {
  return page.evaluate(`(async () => {
    const element = document.querySelector('vae-decoder');
    // A decode of our own queues behind those under way; the next task has its picture drawn.
    for (let i = 0; i < 3; i++) await element.decoder.decode(element.z);
    await new Promise((next) => setTimeout(next, 50));
    const canvas = element.shadowRoot.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return { z: [...element.z], values: [...data].filter((_, i) => i % 4 === 0).map((byte) => byte / 255) };
  })()`);
}

/** Largest distance of two pictures. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length
    ? Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
    : Number.NaN;

/** Half a step of a byte by rounding, and what the processors and wasm differ. */
export const tolerance = 0.5 / 255 + 1e-4;

/** A check that a page shows a latent's digit as Node decodes it, for the tests of one file. */
export function digitsOfNode() {
  let vae: VAE;
  beforeAll(async () => {
    vae = await VAE.load(join(models, 'mnist-conv'));
  });
  afterAll(() => vae?.dispose());
  return async (page: Page, z: readonly number[]): Promise<void> => {
    const picture = await drawn(page);
    expect(distance(picture.z, z)).toBeLessThan(1e-6);
    expect(distance(picture.values, (await vae.decode([...z])).data)).toBeLessThan(tolerance);
  };
}
