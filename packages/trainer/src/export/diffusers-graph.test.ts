import type { Manifest } from '@vae/sdk/manifest';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../onnx/writer.js';
import { buildPrograms, initialState } from '../programs.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { runOnnx } from '../testing/run-onnx.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { assertDiffusers } from './diffusers-folder.js';
import { toDiffusers } from './diffusers-graph.js';
import { exportHalves } from './halves.js';

const entry = { path: 'a.onnx', bytes: 1, sha256: '0'.repeat(64) };
const manifestOf = (kind: 'gaussian' | 'deterministic'): Manifest => ({
  format: 'vae',
  version: 1,
  name: 'tiny',
  data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
  latent: { kind, shape: [3] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  files: { encoder: entry, decoder: entry },
});

/** Both halves in our layout and in that of diffusers. */
function bothLayouts(changes: Partial<RecipeInput>, manifest: Manifest) {
  const programs = buildPrograms(tinyRecipe({ model: everyLayer, ...changes }), TINY_SHAPE);
  const weights = initialState(programs, 4);
  const theirs = exportHalves(programs, weights, (model, half) => toDiffusers(model, half, manifest));
  return { ours: exportHalves(programs, weights), theirs };
}

const shape = [2, ...TINY_SHAPE];
const x = uniform({ seed: 1, stream: 'x' }, 128);
const feeds = { x: { data: x, shape } };
const pixels = { sample: { data: x.map((value) => 2 * value - 1), shape } };

/** Largest difference of two lists. */
function largest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i])));
}

describe('the graphs of diffusers', () => {
  it('give the code of a plain autoencoder as latent_sample', async () => {
    const { ours, theirs } = bothLayouts({ objective: 'autoencoder' }, manifestOf('deterministic'));
    const [{ mean }] = await runOnnx(ours.encoder, feeds);
    const [found] = await runOnnx(theirs.encoder, pixels);
    expect(Object.keys(found)).toEqual(['latent_sample']);
    expect(found.latent_sample.shape).toEqual([2, 3, 1, 1]);
    expect(largest(found.latent_sample.data, mean.data)).toBeLessThan(1e-5);
  });

  it.each(['joint', 'separate'] as const)('give moments side by side of %s heads', async (heads) => {
    const model = { ...everyLayer, heads };
    const { ours, theirs } = bothLayouts({ model }, manifestOf('gaussian'));
    const [{ mean, logvar }] = await runOnnx(ours.encoder, feeds);
    const [{ latent_parameters: found }] = await runOnnx(theirs.encoder, pixels);
    const row = (i: number) => [...mean.data.slice(3 * i, 3 * i + 3), ...logvar.data.slice(3 * i, 3 * i + 3)];
    expect(found.shape).toEqual([2, 6, 1, 1]);
    expect(largest(found.data, [...row(0), ...row(1)])).toBeLessThan(1e-5);
  });

  it('take latents as channels of one pixel', async () => {
    const { ours, theirs } = bothLayouts({}, manifestOf('gaussian'));
    const data = normal({ seed: 1, stream: 'z' }, 6);
    const [{ x: expected }] = await runOnnx(ours.decoder, { z: { data, shape: [2, 3] } });
    const [found] = await runOnnx(theirs.decoder, { latent_sample: { data, shape: [2, 3, 1, 1] } });
    expect(Object.keys(found)).toEqual(['sample']);
    expect(found.sample.shape).toEqual(shape);
    const values = expected.data.map((value) => 2 * value - 1);
    expect(largest(found.sample.data, values)).toBeLessThan(1e-5);
  });

  it('do not clash with names that are there', () => {
    const model = {
      name: 'g',
      doc: '',
      inputs: [{ name: 'z', dims: ['N', 3] }],
      outputs: [{ name: 'x', dims: ['N', 3] }],
      nodes: [
        { op: 'Exp', inputs: ['z'], outputs: ['Mul'], attributes: {} },
        { op: 'Exp', inputs: ['Mul'], outputs: ['x'], attributes: {} },
      ],
      initializers: [{ name: 'shape', type: 'int64' as const, dims: [0], data: [] }],
    };
    const wrapped = toDiffusers(model, 'decoder', manifestOf('gaussian'));
    const names = [
      ...wrapped.initializers.map(({ name }) => name),
      ...wrapped.nodes.flatMap(({ outputs }) => outputs),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(writeOnnx(wrapped).length).toBeGreaterThan(writeOnnx(model).length);
  });

  it('are refused for what is no image, or no vector', () => {
    const vector = { ...manifestOf('gaussian'), data: { kind: 'vector' as const, shape: [8] } };
    expect(() => assertDiffusers(vector)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: expect.stringContaining('data of kind vector'),
      }),
    );
  });
});
