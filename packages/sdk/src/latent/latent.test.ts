import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { normal } from '../random/index.js';
import { interpolate, manifold, normalQuantile, priorSample, reparameterize, traverse } from './index.js';

const tensor = (shape: number[], values: number[]) => ({ data: Float32Array.from(values), shape });

describe('reparameterize', () => {
  const posterior = { mean: tensor([2, 2], [1, 2, 3, 4]), logvar: tensor([2, 2], [0, Math.log(4), -100, 0]) };

  it('is mean + exp(logvar / 2) * temperature * eps', () => {
    const z = reparameterize(posterior, {
      noise: [
        [1, -1],
        [5, 0.5],
      ],
      temperature: 0.5,
    });
    expect(z.shape).toEqual([2, 2]);
    for (const [i, value] of [1.5, 1, 3, 4.25].entries()) expect(z.data[i]).toBeCloseTo(value, 6);
  });

  it('draws row i with stream reparameterize and index i', () => {
    const noise = [0, 1].flatMap((index) => [...normal({ seed: 7, stream: 'reparameterize', index }, 2)]);
    expect(reparameterize(posterior, { seed: 7 })).toEqual(reparameterize(posterior, { noise }));
  });

  it('draws anew with another step, and a batch in parts as the whole', () => {
    const noise = [0, 1].flatMap((index) => [
      ...normal({ seed: 7, stream: 'reparameterize', step: 3, index }, 2),
    ]);
    expect(reparameterize(posterior, { seed: 7, step: 3 })).toEqual(reparameterize(posterior, { noise }));
    const second = { mean: tensor([1, 2], [3, 4]), logvar: tensor([1, 2], [-100, 0]) };
    expect(reparameterize(second, { seed: 7, first: 1 }).data).toEqual(
      reparameterize(posterior, { seed: 7 }).data.subarray(2),
    );
  });

  it('is not repeatable without a seed, and the mean at temperature 0', () => {
    expect(reparameterize(posterior)).not.toEqual(reparameterize(posterior));
    expect(reparameterize(posterior, { temperature: 0 }).data).toEqual(posterior.mean.data);
  });

  it.each([
    [{ seed: 1, noise: [0, 0, 0, 0] }, 'give either a seed or the noise, not both'],
    [{ noise: [[1, 2, 3, 4]] }, 'noise is [1, 4], expected [2, 2]'],
    [{ temperature: -1 }, 'temperature is -1, expected a number >= 0'],
    [{ temperature: Number.NaN }, 'temperature is NaN'],
    [{ seed: 1.5 }, 'seed is 1.5'],
    [{ seed: 1, step: -1 }, 'step is -1'],
    [{ seed: 1, first: 0.5 }, 'first is 0.5, expected a whole number from 0 to 2^32 - 1'],
  ])('refuses %j', (options, text) => {
    expect(() => reparameterize(posterior, options)).toThrow(text);
  });

  it.each([
    [undefined, 'mean is no tensor; pass { mean, logvar }'],
    [Promise.resolve({}), 'the posterior is a Promise; await it first.'],
    [null, 'mean is no tensor'],
    [{}, 'mean is no tensor'],
    [{ mean: tensor([1], [0]) }, 'logvar is no tensor'],
    [
      { mean: tensor([1, 2], [0]), logvar: tensor([1, 2], [0]) },
      'reparameterize mean: shape [1, 2] needs 2 elements, the data has 1',
    ],
  ])('refuses the posterior %j', (wrong, text) => {
    const failing = () => reparameterize(wrong as never);
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });

  it('refuses posteriors that overflow or disagree', () => {
    const wide = { mean: tensor([1, 1], [0]), logvar: tensor([1, 1], [2000]) };
    expect(() => reparameterize(wide, { noise: [[1]] })).toThrow(
      'element 0 has mean 0 and logvar 2000, which give Infinity',
    );
    expect(() => reparameterize({ mean: posterior.mean, logvar: wide.logvar })).toThrow(
      'mean is [2, 2] and logvar [1, 1]',
    );
  });
});

it.each<[string, () => unknown, string]>([
  ['reparameterize', () => reparameterize(null as never, null as never), 'the options are null'],
  ['traverse without options', () => traverse([0, 0], undefined as never), 'dimension is undefined'],
  ['traverse with null', () => traverse([0, 0], null as never), 'the options are null'],
  [
    'one number as range',
    () => traverse([0], { dimension: 0, range: 5 as never }),
    'range is 5, expected two',
  ],
  ['a wide range', () => traverse([0], { dimension: 0, range: [-1e308, 1e308] }), 'choose a smaller one'],
  [
    'a null mean',
    () => traverse([0], { dimension: 0, mean: null as never }),
    'mean of dimension 0 is undefined',
  ],
  ['interpolate', () => interpolate([0], [1], 5 as never), 'the options are a number, expected an object'],
  ['manifold', () => manifold([] as never), 'the options are an array'],
  ['priorSample', () => priorSample(1, 2, null as never), 'the options are null'],
  ['a null size', () => priorSample(1, null as never), 'expected whole numbers >= 0'],
  ['very many', () => priorSample(1e10, 2), 'more than 2^31 - 1 elements'],
  [
    'a hot prior',
    () => priorSample(1, 2, { seed: 1, temperature: 1e308 }),
    'temperature is 1e+308, which makes',
  ],
])('refuses in words of its own: %s', (_, failing, text) => {
  expect(failing).toThrow(text);
  expect(failing).toThrow(VaeError);
});

describe('interpolate', () => {
  it('is straight by default and includes both ends', () => {
    const path = interpolate([0, 10], [4, -10], { steps: 5 });
    expect(path).toEqual({ data: Float32Array.of(0, 10, 1, 5, 2, 0, 3, -5, 4, -10), shape: [5, 2] });
    expect(interpolate([0], [1]).shape).toEqual([8, 1]);
  });

  it('keeps the length and even angles with slerp', () => {
    const path = interpolate([2, 0, 0], [0, 0, 2], { steps: 7, method: 'slerp' });
    for (let i = 0; i < 7; i++) {
      const [x, , z] = path.data.subarray(3 * i, 3 * i + 3);
      expect(Math.hypot(x!, z!)).toBeCloseTo(2, 6);
      expect(Math.atan2(z!, x!)).toBeCloseTo((i * Math.PI) / 12, 6);
    }
  });

  it.each([
    ['zero', [0, 0], [1, 2]],
    ['parallel', [1, 2], [3, 6]],
    ['opposite', [1, 2], [-2, -4]],
    ['equal', [1, 2], [1, 2]],
  ])('falls back to straight for %s vectors', (_, a, b) => {
    expect(interpolate(a, b, { steps: 4, method: 'slerp' })).toEqual(interpolate(a, b, { steps: 4 }));
  });

  it('refuses bad options', () => {
    expect(() => interpolate([0], [1], { steps: 1 })).toThrow('steps is 1, expected a whole number from 2');
    expect(() => interpolate([0], [1, 2])).toThrow('a is [1], b is [2]');
    expect(() => interpolate([0], [1], { method: 'cubic' as 'linear' })).toThrow("method is 'cubic'");
  });
});

describe('traverse', () => {
  it('moves one dimension in standard deviations', () => {
    const options = { dimension: 1, range: [-2, 2], steps: 3, mean: [9, 1], std: [9, 0.5] } as const;
    expect(traverse([7, 8], options)).toEqual({ data: Float32Array.of(7, 0, 7, 1, 7, 2), shape: [3, 2] });
    expect(traverse([[7, 8]], { dimension: 0 }).data.filter((_, i) => i % 2 === 0)).toEqual(
      Float32Array.of(-3, -2, -1, 0, 1, 2, 3),
    );
  });

  it('refuses a dimension that is not there', () => {
    expect(() => traverse([1, 2], { dimension: 2 })).toThrow(
      'dimension is 2, a latent of shape [2] has 0 to 1',
    );
    expect(() => traverse([1, 2], { dimension: 1, std: [1] })).toThrow('std of dimension 1 is undefined');
  });
});

describe('normalQuantile', () => {
  // From tables of the normal distribution, to double precision.
  it.each([
    [0.5, 0],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167813],
    [1e-20, -9.262340089798409],
  ])('of %d is %d', (p, x) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThanOrEqual(1e-15 * (1 + Math.abs(x)));
  });

  it('inverts the distribution function, summed from its series', () => {
    // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...).
    const phi = (x: number): number => {
      let term = x;
      let sum = x;
      for (let k = 3; Math.abs(term) > 1e-18; k += 2) {
        term *= (x * x) / k;
        sum += term;
      }
      return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
    };
    for (let p = 0.0005; p < 1; p += 0.0005) expect(Math.abs(phi(normalQuantile(p)) - p)).toBeLessThan(2e-15);
  });

  it.each([0, 1, -1, Number.NaN])('refuses %d', (p) => {
    expect(() => normalQuantile(p)).toThrow(`p is ${p}, expected a number between 0 and 1`);
  });
});

describe('manifold', () => {
  it('covers the quantiles as a plot does', () => {
    const { data, shape } = manifold({ rows: 3, columns: 2 });
    const q = Math.fround(1.6448536269514722);
    expect(shape).toEqual([6, 2]);
    expect([...data]).toEqual([-q, q, q, q, -q, 0, q, 0, -q, -q, q, -q]);
  });

  it('follows the prior statistics', () => {
    const { data } = manifold({ rows: 1, columns: 1 }, { mean: [3, -1], std: [2, 2] });
    expect([...data]).toEqual([3, -1]);
    expect(() => manifold({ rows: 0 })).toThrow('rows is 0');
    expect(() => manifold({ from: 0 })).toThrow('p is 0');
  });
});

describe('priorSample', () => {
  it('draws row i with stream sample and index i', () => {
    const { data, shape } = priorSample(3, [2, 2], { seed: 4, temperature: 2 });
    expect(shape).toEqual([3, 2, 2]);
    const row = normal({ seed: 4, stream: 'sample', index: 2 }, 4).map((value) => value * 2);
    expect(data.subarray(8)).toEqual(row);
  });

  it('redraws beyond the truncation and leaves the rest', () => {
    const plain = priorSample(500, 4, { seed: 4 });
    const cut = priorSample(500, 4, { seed: 4, truncation: 0.5 });
    for (const [i, value] of cut.data.entries()) {
      expect(Math.abs(value)).toBeLessThanOrEqual(0.5);
      if (Math.abs(plain.data[i]!) <= 0.5) expect(value).toBe(plain.data[i]);
    }
    // Truncated to half a standard deviation, the values are close to even: variance near 0.5^2 / 3.
    const variance = cut.data.reduce((sum, value) => sum + value * value, 0) / cut.data.length;
    expect(Math.abs(variance - 0.0806)).toBeLessThan(0.005);
  });

  it('draws again, element by element, what its row has at step 1, 2, ...', () => {
    const { data } = priorSample(1, 10, { seed: 2 ** 40 + 3, first: 6, truncation: 0.1 });
    const expected = normal({ seed: 2 ** 40 + 3, stream: 'sample', index: 6 }, 10);
    for (let step = 1; expected.some((value) => Math.abs(value) > 0.1); step++) {
      const again = normal({ seed: 2 ** 40 + 3, stream: 'sample', index: 6, step }, 10);
      for (const [i, value] of expected.entries()) if (Math.abs(value) > 0.1) expected[i] = again[i]!;
    }
    expect(data).toEqual(expected);
  });

  it('takes the noise itself, and rows from any place', () => {
    expect(priorSample(2, 2, { noise: [1, -2, 0.5, 0], temperature: 0.5 }).data).toEqual(
      Float32Array.of(0.5, -1, 0.25, 0),
    );
    expect(priorSample(2, 3, { seed: 4, first: 5, truncation: 0.5 }).data).toEqual(
      priorSample(7, 3, { seed: 4, truncation: 0.5 }).data.subarray(15),
    );
  });

  it('refuses bad counts and options', () => {
    expect(() => priorSample(2, 2, { noise: [1, 2, 3] })).toThrow('noise is [3], expected [2, 2]');
    expect(() => priorSample(1, 1, { noise: [1], truncation: 1 })).toThrow('leave the truncation out');
    expect(() => priorSample(1, 1, { noise: [1], truncation: 1, seed: 1 })).toThrow(VaeError);
    expect(() => priorSample(-1, 2)).toThrow('-1 x 2 latents');
    expect(() => priorSample(1, 2, { truncation: 0 })).toThrow('truncation is 0, expected a number >= 0.01');
  });
});
