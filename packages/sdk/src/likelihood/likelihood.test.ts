import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import {
  anomalyScores,
  bernoulliLogProb,
  continuousBernoulliLogProb,
  type LikelihoodSpec,
  likelihoodOf,
  negativeElbo,
} from './index.js';

const tensor = (shape: number[], values: number[]): Tensor => ({ data: Float32Array.from(values), shape });
const bernoulli: LikelihoodSpec = { kind: 'bernoulli', output: 'logits' };
const gaussian = (variance: number | 'learned'): LikelihoodSpec => ({
  kind: 'gaussian',
  output: 'x',
  variance,
});

describe('likelihoodOf', () => {
  it('says what to decode and how to judge it', () => {
    expect(likelihoodOf(bernoulli)).toMatchObject({ output: 'logits', logProb: bernoulliLogProb });
    const { output, logProb } = likelihoodOf(gaussian(4));
    expect(output).toBe('x');
    expect(logProb(Float32Array.of(3), Float32Array.of(1))).toBeCloseTo(-0.5 - Math.log(8 * Math.PI) / 2, 12);
  });

  it('knows grey values and absolute errors too', () => {
    const grey = likelihoodOf({ kind: 'continuous-bernoulli', output: 'logits' });
    expect(grey).toMatchObject({ output: 'logits', logProb: continuousBernoulliLogProb });
    expect(() => grey.assertData(tensor([1, 1], [2]), 'here')).toThrow('outside the range 0 to 1');
    const { output, logProb } = likelihoodOf({ kind: 'laplace', output: 'x', scale: 0.5 });
    expect([output, logProb(Float32Array.of(1), Float32Array.of(-2))]).toEqual(['x', -6]);
  });

  it.each<LikelihoodSpec>([
    { kind: 'none' },
    gaussian('learned'),
    { kind: 'gaussian', output: 'x' },
    { kind: 'laplace', output: 'x' },
  ])('does not know %j', (spec) => {
    expect(() => likelihoodOf(spec, 'here')).toThrow(
      `here: the model's likelihood is ${JSON.stringify(spec)}; known are bernoulli, continuous-bernoulli, and`,
    );
  });

  it('says where models of others take one from', () => {
    expect(() => likelihoodOf({ kind: 'none' })).toThrow(
      "VAE.load(files, { likelihood: { kind: 'bernoulli' } })",
    );
  });
});

/** Two items of one pixel, two latents; KLs 1/2 (1 + 4) = 2.5 and (e - 2) / 2. */
const posterior = { mean: tensor([2, 2], [1, 2, 0, 0]), logvar: tensor([2, 2], [0, 0, 1, 0]) };
const x = tensor([2, 1], [1, 0]);
const kls = [2.5, (Math.E - 2) / 2];

describe('negativeElbo', () => {
  it('is the KL minus log p(x|z), item by item', () => {
    const { total, reconstruction, kl } = negativeElbo({
      x,
      decoded: tensor([2, 1], [0, 0]),
      posterior,
      likelihood: bernoulli,
    });
    for (const i of [0, 1]) {
      expect(kl[i]).toBeCloseTo(kls[i]!, 12);
      expect(reconstruction[i]).toBeCloseTo(Math.LN2, 12);
      expect(total[i]).toBeCloseTo(kls[i]! + Math.LN2, 12);
    }
  });

  it('refuses shapes that do not go together, and a deterministic encoder', () => {
    const input = { x, decoded: x, posterior, likelihood: bernoulli };
    expect(() => negativeElbo({ ...input, decoded: tensor([1, 1], [0]) })).toThrow(
      "x is [2, 1], the decoder's logits [1, 1], the means [2, 2]",
    );
    const certain = { ...posterior, logvar: tensor([2, 2], [0, 0, 0, Number.NEGATIVE_INFINITY]) };
    expect(() => negativeElbo({ ...input, posterior: certain })).toThrow(
      'negativeElbo: the variance is 0 at [1, 1], so the KL is infinite.',
    );
  });
});

describe('data that are no probabilities', () => {
  // With x = 255 and a logit of 4 the formula gives log p = 255 * 4 - ln(1 + e^4) = 1016, where no pixel is above 0.
  const bytes = tensor([2, 1], [1, 255]);
  const decoded = tensor([2, 1], [4, 4]);
  const text =
    'element [1, 0] is 255, outside the range 0 to 1. A Bernoulli likelihood knows no other. Divide bytes';

  it('are refused for a Bernoulli likelihood, and not for a Gaussian', async () => {
    const input = { x: bytes, decoded, posterior };
    expect(() => negativeElbo({ ...input, likelihood: bernoulli })).toThrow(`negativeElbo: ${text}`);
    await expect(anomalyScores(bytes, posterior, async () => decoded, bernoulli)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`anomalyScores: ${text}`),
    });
    expect(negativeElbo({ ...input, likelihood: gaussian(1) }).total[1]).toBeGreaterThan(251 ** 2 / 2);
  });

  it('are so before anything is decoded', async () => {
    const decode = () => Promise.reject(new Error('decoded'));
    await expect(anomalyScores(bytes, posterior, decode, bernoulli)).rejects.toThrow(text);
  });
});

describe('anomalyScores', () => {
  /** A decoder whose only pixel is the sum of the latent. */
  const sums = (seen: Tensor[] = []) => {
    return async (z: Tensor) => {
      seen.push(z);
      return tensor(
        [z.shape[0]!, 1],
        Array.from({ length: z.shape[0]! }, (_, i) => z.data[2 * i]! + z.data[2 * i + 1]!),
      );
    };
  };

  it('is the KL plus the mean of -log p(x|z) over given noise', async () => {
    const noise = tensor([2, 2, 2], [0, 0, 0, 0, 1, 0, 0, 2]);
    const scores = await anomalyScores(x, posterior, sums(), gaussian(1), { draws: 2, noise });
    // Decoded: 3 and 0 from the first draw; 1 + 1 + 2 = 4 and 0 + 2 = 2 from the second. Squared errors 4, 9 and 0, 4.
    const constant = Math.log(2 * Math.PI) / 2;
    expect(scores).toHaveLength(2);
    expect(scores[0]).toBeCloseTo(kls[0]! + constant + (4 + 9) / 4, 6);
    expect(scores[1]).toBeCloseTo(kls[1]! + constant + (0 + 4) / 4, 6);
  });

  it('averages independent draws: a bound above -log p(x), reached by the exact posterior', async () => {
    // z ~ N(0, 1), x|z ~ N(z, v): x ~ N(0, 1 + v), z|x ~ N(x / (1 + v), v / (1 + v)).
    const v = 0.25;
    const one = { mean: tensor([1, 1], [0.8 / (1 + v)]), logvar: tensor([1, 1], [Math.log(v / (1 + v))]) };
    const exact = 0.5 * (0.8 ** 2 / (1 + v) + Math.log(2 * Math.PI * (1 + v)));
    const options = { draws: 10_000, seed: 1 };
    const [score] = await anomalyScores(tensor([1, 1], [0.8]), one, async (z) => z, gaussian(v), options);
    // -log p(x|z) has a standard deviation of 0.63 here and of 2.9 below; six and five standard errors of 10,000 draws.
    expect(Math.abs(score! - exact)).toBeLessThan(0.04);
    const wide = { mean: one.mean, logvar: tensor([1, 1], [0]) };
    const [worse] = await anomalyScores(tensor([1, 1], [0.8]), wide, async (z) => z, gaussian(v), options);
    // KL(N(m, 1) || N(m, s^2)) for s^2 = v / (1 + v) = 0.2: (5 - 1 - ln 5) / 2.
    expect(Math.abs(worse! - exact - (4 - Math.log(5)) / 2)).toBeLessThan(0.15);
  });

  it('draws the same for an item alone as in a batch, and anew for each draw', async () => {
    const seen: Tensor[] = [];
    const whole = await anomalyScores(x, posterior, sums(seen), bernoulli, { draws: 3, seed: 4 });
    expect(seen).toHaveLength(3);
    expect(seen[0]).not.toEqual(seen[1]);
    const part = { mean: tensor([1, 2], [0, 0]), logvar: tensor([1, 2], [1, 0]) };
    const alone = await anomalyScores(tensor([1, 1], [0]), part, sums(), bernoulli, {
      draws: 3,
      seed: 4,
      first: 1,
    });
    expect(alone[0]).toBe(whole[1]);
    expect(await anomalyScores(x, posterior, sums(), bernoulli)).toHaveLength(2);
  });

  it.each<[object, LikelihoodSpec, string, string]>([
    [{}, { kind: 'none' }, 'unsupported', 'anomalyScores: the model\'s likelihood is {"kind":"none"}'],
    [{ draws: 0 }, bernoulli, 'bad-option', 'draws is 0, expected a whole number from 1 to 10000'],
    [{ seed: 1, noise: [0] }, bernoulli, 'bad-option', 'either a seed or the noise'],
    [{ draws: 2, noise: [0, 0, 0, 0] }, bernoulli, 'bad-input', 'noise is [4], expected [2, 2, 2]'],
  ])('refuses %j of a %j', async (options, likelihood, code, text) => {
    const error = await anomalyScores(x, posterior, sums(), likelihood, options).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(VaeError);
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('refuses a deterministic encoder before it decodes', async () => {
    const seen: Tensor[] = [];
    const certain = {
      mean: posterior.mean,
      logvar: tensor([2, 2], new Array(4).fill(Number.NEGATIVE_INFINITY)),
    };
    await expect(anomalyScores(x, certain, sums(seen), bernoulli)).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(seen).toEqual([]);
  });
});
