import { reparameterize } from '@vae/sdk/latent';
import type { Manifest } from '@vae/sdk/manifest';
import type { Tensor } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { evaluate, type Judged } from './evaluate.js';
import { concatenate, slice } from './tensors.js';

const column = (values: ArrayLike<number>): Tensor => ({
  data: Float32Array.from(values),
  shape: [values.length, 1],
});

/** A model of numbers whose decoder gives its latent back. */
function identity(
  likelihood: Manifest['likelihood'],
  posterior: (x: number) => [mean: number, logvar: number],
) {
  const decoded: Tensor[] = [];
  const seen: Tensor[] = [];
  const vae = {
    manifest: { data: {} } as unknown as Manifest,
    latent: { kind: 'gaussian', shape: [1] },
    likelihood,
    encode: async (x: Tensor) => {
      seen.push(x);
      const pairs = Array.from(x.data, posterior);
      return { mean: column(pairs.map(([mean]) => mean)), logvar: column(pairs.map(([, logvar]) => logvar)) };
    },
    decode: async (z: Tensor) => {
      decoded.push(z);
      return z;
    },
    reparameterize,
  };
  return { vae: vae as unknown as Judged, seen, decoded };
}

async function* inBatches(all: Tensor, size: number) {
  for (let at = 0; at < all.shape[0]; at += size) yield slice(all, at, Math.min(at + size, all.shape[0]));
}

describe('evaluate', () => {
  it('equals log p(x) on average for a linear-Gaussian model with its exact posterior', async () => {
    // z ~ N(0, 1), x|z ~ N(z, v): x ~ N(0, 1 + v), z|x ~ N(x / (1 + v), v / (1 + v)).
    const v = 0.25;
    const { vae } = identity({ kind: 'gaussian', output: 'x', variance: v }, (x) => [
      x / (1 + v),
      Math.log(v / (1 + v)),
    ]);
    const x = 0.8;
    const result = await evaluate(vae, inBatches(column(new Array(20_000).fill(x)), 1000), { seed: 3 });
    const logP = -0.5 * (x ** 2 / (1 + v) + Math.log(2 * Math.PI * (1 + v)));
    expect(result.samples).toBe(20_000);
    expect(result.standardError).toBeGreaterThan(0);
    expect(result.standardError).toBeLessThan(0.01);
    expect(Math.abs(result.bound! - logP)).toBeLessThan(4 * result.standardError);
    expect(result.bound).toBeCloseTo(-result.reconstruction - result.kl!, 10);
  });

  it('estimates log p(x) where it is asked for, exactly with the exact posterior', async () => {
    const v = 0.25;
    const exact = identity({ kind: 'gaussian', output: 'x', variance: v }, (x) => [
      x / (1 + v),
      Math.log(v / (1 + v)),
    ]).vae;
    const values = [0.8, -0.3, 2];
    const logP = values.map((x) => -0.5 * (x ** 2 / (1 + v) + Math.log(2 * Math.PI * (1 + v))));
    const result = await evaluate(exact, inBatches(column(values), 2), { seed: 3, draws: 4 });
    expect(result.logLikelihood).toBeCloseTo(logP.reduce((sum, value) => sum + value) / 3, 5);
    expect(await evaluate(exact, inBatches(column(values), 2), { seed: 3 })).not.toHaveProperty(
      'logLikelihood',
    );
    const certain = identity({ kind: 'gaussian', output: 'x', variance: v }, (x) => [x, 0]).vae;
    Object.assign(certain, { latent: { kind: 'deterministic', shape: [1] } });
    await expect(evaluate(certain, inBatches(column(values), 2), { seed: 3, draws: 4 })).rejects.toThrow(
      'eval: a plain autoencoder has no log p(x); leave out --draws.',
    );
  });

  it('does not depend on the batch size, and depends on the seed', async () => {
    const all = column([0, 0.2, 0.4, 0.6, 0.8, 1, 0.3]);
    const judge = (batchSize: number, seed: number) =>
      evaluate(
        identity({ kind: 'bernoulli', output: 'logits' }, (x) => [x, -1]).vae,
        inBatches(all, batchSize),
        { seed },
      );
    const whole = await judge(7, 1);
    expect(await judge(2, 1)).toEqual(whole);
    expect((await judge(7, 2)).bound).not.toBe(whole.bound);
  });

  it('binarises as the model was trained', async () => {
    const { vae, seen } = identity({ kind: 'bernoulli', output: 'logits' }, (x) => [x, 0]);
    Object.assign(vae.manifest!.data, { preprocess: { binarize: 0.5 } });
    await evaluate(vae, inBatches(column([0, 0.5, 0.51, 1]), 3), { seed: 0 });
    expect([...concatenate(seen).data]).toEqual([0, 0, 1, 1]);
  });

  it('draws pixels where the model was trained on drawn ones', async () => {
    const { vae, seen } = identity({ kind: 'bernoulli', output: 'logits' }, (x) => [x, 0]);
    Object.assign(vae.manifest!.data, { preprocess: { binarize: 'dynamic' } });
    await evaluate(vae, inBatches(column(new Array(10_000).fill(0.3)), 999), { seed: 0 });
    const ones = concatenate(seen).data.reduce((sum, value) => sum + value, 0);
    // Four standard deviations of a binomial: 4 √(10,000 · 0.3 · 0.7) = 183.
    expect(Math.abs(ones - 3000)).toBeLessThan(183);
  });

  it('of a plain autoencoder is the reconstruction alone, with its standard error', async () => {
    const certain = Number.NEGATIVE_INFINITY;
    const { vae } = identity({ kind: 'gaussian', output: 'x', variance: 2 }, (x) => [x / 2, certain]);
    Object.assign(vae, { latent: { kind: 'deterministic', shape: [1] } });
    const x = [0, 1, 2];
    // -log N(x; x / 2, 2) = (x / 2)^2 / 4 + ln(4 pi) / 2
    const errors = x.map((value) => value ** 2 / 16 + Math.log(4 * Math.PI) / 2);
    const mean = errors.reduce((sum, error) => sum + error) / 3;
    const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / 2;
    const result = await evaluate(vae, inBatches(column(x), 2), { seed: 0 });
    expect(result).toMatchObject({ bound: null, kl: null, samples: 3 });
    expect(result.reconstruction).toBeCloseTo(mean, 6);
    expect(result.standardError).toBeCloseTo(Math.sqrt(variance / 3), 6);
  });

  it('refuses what has no such bound', async () => {
    const learned = identity({ kind: 'gaussian', output: 'x', variance: 'learned' }, () => [0, 0]).vae;
    await expect(evaluate(learned, inBatches(column([0]), 1), { seed: 0 })).rejects.toThrow(
      'eval: the model\'s likelihood is {"kind":"gaussian","output":"x","variance":"learned"}; known are bernoulli,',
    );
    const untold = identity({ kind: 'none' }, () => [0, 0]).vae;
    await expect(evaluate(untold, inBatches(column([0]), 1), { seed: 0 })).rejects.toThrow(
      'there is no bound; compare with what vae reconstruct gives.',
    );
    Object.assign(learned, { latent: { kind: 'categorical', shape: [1] } });
    await expect(evaluate(learned, inBatches(column([0]), 1), { seed: 0 })).rejects.toThrow(
      'has categorical latents',
    );
  });

  it('refuses bytes before they are encoded, for a likelihood of values from 0 to 1', async () => {
    const { vae, seen } = identity({ kind: 'bernoulli', output: 'logits' }, () => [0, 0]);
    await expect(evaluate(vae, inBatches(column([0, 255]), 2), { seed: 0 })).rejects.toThrow(
      'eval: element [1, 0] is 255, outside the range 0 to 1. A Bernoulli likelihood knows no other. Divide bytes by',
    );
    expect(seen).toEqual([]);
  });

  it('has no standard error for one sample', async () => {
    const { vae } = identity({ kind: 'bernoulli', output: 'logits' }, () => [0, 0]);
    expect((await evaluate(vae, inBatches(column([1]), 1), { seed: 0 })).standardError).toBeNaN();
  });
});
