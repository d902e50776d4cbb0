import type { Manifest } from '@vae/sdk/manifest';
import { describe, expect, it } from 'vitest';
import type { State } from '../engines/engine.js';
import { buildPrograms, initialState } from '../programs.js';
import { runOnnx } from '../testing/run-onnx.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { exportHalves } from './halves.js';
import { measurePrecision } from './precision.js';
import { precisionCard } from './precision-card.js';
import { drawInputs, feedOf } from './reference-inputs.js';
import { median, timeRatio } from './time-ratio.js';

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const weights = initialState(programs, 2);
const exact = exportHalves(programs, weights);
const entry = { path: 'a.onnx', bytes: 1, sha256: '0'.repeat(64) };
const manifest: Manifest = {
  format: 'vae',
  version: 1,
  name: 'tiny',
  data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
  latent: { kind: 'gaussian', shape: [3] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  files: { encoder: entry, decoder: entry },
};
const decoder = { run: async (feeds: object) => (await runOnnx(exact.decoder, feeds as never))[0] };

/** The weights with one bias moved: an error of that size in the output behind it. */
function off(name: string, by: number): State {
  return { ...weights, [name]: { ...weights[name], data: weights[name].data.map((value) => value + by) } };
}

describe('the precision of a rounded model', () => {
  it('is the largest and the mean difference of every output', async () => {
    const rounded = exportHalves(programs, off('encoder.mean-logvar.bias', 0.03125));
    const { encoder, decoder, tolerance, runtime } = await measurePrecision('int8', rounded, exact, {
      manifest,
    });
    for (const { largest, mean } of Object.values(encoder.outputs)) {
      expect(largest).toBeCloseTo(0.03125, 5);
      expect(mean).toBeCloseTo(0.03125, 5);
    }
    expect(Object.keys(encoder.outputs)).toEqual(['mean', 'logvar']);
    for (const { largest, range } of Object.values(decoder.outputs)) {
      expect(largest).toBe(0);
      // A sigmoid of a sigmoid.
      expect(range).toBeGreaterThan(0.5);
      expect(range).toBeLessThan(1);
    }
    expect(tolerance).toBe(0.05);
    expect(runtime).toMatch(/^onnxruntime-\w+ \d+\.\d+\.\d+ on \w+$/);
    expect([encoder.bytes, encoder.float32Bytes]).toEqual([rounded.encoder.length, exact.encoder.length]);
    expect(encoder.timeRatio).toBeGreaterThan(0);
  });

  it('is refused beyond its bound, unless the caller allows more', async () => {
    const rounded = exportHalves(programs, off('encoder.mean-logvar.bias', 0.03125));
    const found = measurePrecision('float16', rounded, exact, { manifest });
    await expect(found).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'export-mismatch',
      message: expect.stringMatching(
        /^encoder\.onnx: output "mean" is off by up to 0\.031\d as float16, at batch 1; allowed are 0\.01 × max\(1, \d/,
      ),
    });
    const allowed = await measurePrecision('float16', rounded, exact, { manifest, tolerance: 0.04 });
    expect(allowed.tolerance).toBe(0.04);
  });

  it('is refused for NaN whatever is allowed', async () => {
    const rounded = exportHalves(programs, off('decoder.0-dense.bias', Number.NaN));
    const found = measurePrecision('int8', rounded, exact, { manifest, tolerance: 1e9 });
    await expect(found).rejects.toMatchObject({ code: 'export-mismatch' });
  });

  it('is told in a model card', async () => {
    const precision = await measurePrecision('float16', exact, exact, { manifest });
    const card = precisionCard({
      ...precision,
      encoder: { ...precision.encoder, bytes: 50, float32Bytes: 100, timeRatio: 1.234 },
    });
    expect(card).toContain('## Precision\n\nWeights are float16');
    expect(card).toContain('| encoder `mean` | 0 | 0 |');
    expect(card).toContain('| encoder | 50 | 0.50 | 1.23 |');
  });
});

describe('the inputs that are measured with', () => {
  it('are latents from the prior, data decoded from them, and noise', async () => {
    const { encoder, decoder: latents } = await drawInputs(manifest, decoder);
    expect([latents.data.length, encoder.data.length]).toEqual([128 * 3, 128 * 64]);
    const average = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    // Of 384 draws: 4 standard errors, 4/√384 and 4·√(2/384).
    expect(Math.abs(average(latents.data))).toBeLessThan(0.21);
    expect(Math.abs(average(latents.data.map((z) => z * z)) - 1)).toBeLessThan(0.29);
    const { x } = await decoder.run(feedOf(latents, 7));
    expect(encoder.data.slice(6 * 64, 7 * 64)).toEqual(x.data.slice(6 * 64, 7 * 64));
    const noise = encoder.data.slice(64, 128);
    expect(Math.min(...noise)).toBeLessThan(0.2);
    expect(Math.max(...noise)).toBeGreaterThan(0.8);
    expect(feedOf(encoder, 7).x.shape).toEqual([7, ...TINY_SHAPE]);
  });

  it('are 0 and 1 for a model of thresholded data, and codes like its own for an autoencoder', async () => {
    const thresholded = { ...manifest, data: { ...manifest.data, preprocess: { binarize: 0.6 } } };
    const { encoder } = await drawInputs(thresholded, decoder);
    expect(new Set(encoder.data)).toEqual(new Set([0, 1]));
    const { decoder: plain } = await drawInputs(manifest, decoder);
    const prior = { kind: 'standard-normal' as const, mean: [5, -5, 0], std: [2, 1, 0] };
    const { decoder: codes } = await drawInputs(
      { ...manifest, latent: { kind: 'deterministic', shape: [3] }, prior },
      decoder,
    );
    expect(codes.data.length).toBe(plain.data.length);
    for (let i = 0; i < 9; i++)
      expect(codes.data[i]).toBeCloseTo(prior.mean[i % 3] + prior.std[i % 3] * plain.data[i], 5);
  });
});

describe('a ratio of times', () => {
  const wait = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));

  it('is that of medians', async () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1])).toBe(4);
    const ratio = await timeRatio(wait(60), wait(15));
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(8);
  });

  it('is of runs in turn', async () => {
    const order: string[] = [];
    await timeRatio(
      async () => void order.push('a'),
      async () => void order.push('b'),
    );
    expect(order.length).toBe(104);
    expect(new Set(order.map((name, i) => `${name}${i % 2}`))).toEqual(new Set(['a0', 'b1']));
  });
});
