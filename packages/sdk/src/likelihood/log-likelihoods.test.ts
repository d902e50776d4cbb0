import { describe, expect, it } from 'vitest';
import type { Tensor } from '../tensor.js';
import { anomalyScores, type LikelihoodSpec, logLikelihoods } from './index.js';

const tensor = (shape: number[], values: number[]): Tensor => ({ data: Float32Array.from(values), shape });
const gaussian = (variance: number): LikelihoodSpec => ({ kind: 'gaussian', output: 'x', variance });
const asIs = async (z: Tensor) => z;

/** z ~ N(0, 1), x|z ~ N(z, v): x ~ N(0, 1 + v), z|x ~ N(x / (1 + v), v / (1 + v)). */
const v = 0.25;
const x = tensor([2, 1], [0.8, -1.5]);
const exact = Array.from(x.data, (value) => -0.5 * (value ** 2 / (1 + v) + Math.log(2 * Math.PI * (1 + v))));
const means = tensor(
  [2, 1],
  Array.from(x.data, (value) => value / (1 + v)),
);
const posteriorOf = (variance: number) => ({
  mean: means,
  logvar: tensor([2, 1], Array(2).fill(Math.log(variance))),
});

describe('logLikelihoods', () => {
  it.each([1, 7])(
    'is log p(x) itself by %i draws of the exact posterior, whatever was drawn',
    async (draws) => {
      const found = await logLikelihoods(x, posteriorOf(v / (1 + v)), asIs, gaussian(v), { draws, seed: 3 });
      for (const [i, value] of exact.entries()) expect(found[i]).toBeCloseTo(value, 5);
    },
  );

  it('comes near it by many draws of a wide one, where the bound stays below', async () => {
    const options = { draws: 10_000, seed: 1 };
    const found = await logLikelihoods(x, posteriorOf(1), asIs, gaussian(v), options);
    const scores = await anomalyScores(x, posteriorOf(1), asIs, gaussian(v), options);
    for (const [i, value] of exact.entries()) {
      // q = N(m, 1), p = N(m, s^2) with s^2 = 0.2: E w^2 / (E w)^2 = 1 / (s sqrt(2 - s^2)) = 1.67, so 10,000 draws
      // have a standard error of sqrt(0.67 / 10,000) = 0.008; six of them.
      expect(Math.abs(found[i]! - value)).toBeLessThan(0.05);
      // The bound is lower by KL(N(m, 1) || N(m, s^2)) = (5 - 1 - ln 5) / 2 = 1.195.
      expect(-scores[i]!).toBeLessThan(value - 1);
    }
  });

  it('weighs given noise by hand', async () => {
    // Means 0 and log-variances 0: p(z) / q(z|x) is 1, and log p(x|z) = -(x - z)^2 / 2 - ln(2 pi) / 2.
    const posterior = { mean: tensor([1, 1], [0]), logvar: tensor([1, 1], [0]) };
    const noise = tensor([2, 1, 1], [1, 3]);
    const [found] = await logLikelihoods(tensor([1, 1], [1]), posterior, asIs, gaussian(1), {
      draws: 2,
      noise,
    });
    expect(found).toBeCloseTo(Math.log((1 + Math.exp(-2)) / 2) - Math.log(2 * Math.PI) / 2, 6);
  });

  it('does not underflow where every draw is improbable', async () => {
    const posterior = { mean: tensor([1, 1], [0]), logvar: tensor([1, 1], [0]) };
    const noise = tensor([2, 1, 1], [0, 0]);
    const [found] = await logLikelihoods(tensor([1, 1], [100]), posterior, asIs, gaussian(1), {
      draws: 2,
      noise,
    });
    expect(found).toBeCloseTo(-5000 - Math.log(2 * Math.PI) / 2, 3);
  });

  it.each([-35, -1000])(
    'goes by the noise where float32 cannot hold z, as with a log-variance of %i',
    async (logvar) => {
      // A deviation of 2.5e-8, or none, beside a mean of 8, whose neighbours are 9.5e-7 away: z is 8, the noise is not 0.
      const posterior = { mean: tensor([1, 1], [8]), logvar: tensor([1, 1], [logvar]) };
      const [found] = await logLikelihoods(tensor([1, 1], [8]), posterior, asIs, gaussian(1), {
        draws: 1,
        noise: tensor([1, 1, 1], [3]),
      });
      expect(found).toBeCloseTo((logvar + 9 - 64) / 2 - Math.log(2 * Math.PI) / 2, 6);
    },
  );

  it('draws the same for an item alone as in a batch', async () => {
    const options = { draws: 5, seed: 4 };
    const whole = await logLikelihoods(x, posteriorOf(1), asIs, gaussian(v), options);
    const second = { mean: tensor([1, 1], [means.data[1]!]), logvar: tensor([1, 1], [0]) };
    const alone = await logLikelihoods(tensor([1, 1], [x.data[1]!]), second, asIs, gaussian(v), {
      ...options,
      first: 1,
    });
    expect(alone[0]).toBe(whole[1]);
  });

  it.each<[object, string, string]>([
    [{ draws: 0 }, 'bad-option', 'logLikelihoods: draws is 0, expected a whole number from 1 to 10000'],
    [{ importance: 1 }, 'bad-option', "logLikelihoods: there is no option 'importance'"],
  ])('refuses %j', async (options, code, text) => {
    await expect(logLikelihoods(x, posteriorOf(1), asIs, gaussian(v), options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('refuses a deterministic encoder before it decodes', async () => {
    const decode = () => Promise.reject(new Error('decoded'));
    await expect(logLikelihoods(x, posteriorOf(0), decode, gaussian(v))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});
