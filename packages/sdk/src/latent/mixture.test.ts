import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { normal, uniform } from '../random/index.js';
import { fitMixture, type Mixture, mixtureLogProb, mixtureSample, priorSample } from './index.js';

/** Covariances L (1, 1) and L L^T = [[4, 2], [2, 10]]. */
const two: Mixture = {
  weights: [0.25, 0.75],
  mean: [
    [0, 0],
    [10, -5],
  ],
  cholesky: [
    [1, 0, 1],
    [2, 1, 3],
  ],
};

describe('mixtureLogProb', () => {
  it('is the density of a Gaussian with full covariance', () => {
    // [[4, 2], [2, 10]] has determinant 36 and inverse [[10, -2], [-2, 4]] / 36; (1, 2) gives (10 - 8 + 16) / 36 = 1/2.
    const one = { weights: [1], mean: [[3, 3]], cholesky: [[2, 1, 3]] };
    const [value] = mixtureLogProb([[4, 5]], one);
    expect(value).toBeCloseTo(-0.25 - Math.log(2 * Math.PI) - Math.log(36) / 2, 12);
  });

  it('sums over components, one without weight too, and does not overflow far out', () => {
    const line = { weights: [0.5, 0.5, 0], mean: [[0], [2], [1]], cholesky: [[1], [1], [1]] };
    const [middle, far] = mixtureLogProb([[1], [-1000]], line);
    expect(middle).toBeCloseTo(-0.5 - Math.log(2 * Math.PI) / 2, 12);
    expect(far).toBeCloseTo(Math.log(0.5) - 1000 ** 2 / 2 - Math.log(2 * Math.PI) / 2, 6);
  });

  it.each<[Partial<Mixture> | null, string]>([
    [null, 'mixtureLogProb: expected a mixture { weights, mean, cholesky }.'],
    [{ weights: [] }, 'expected 1 to 1024 weights'],
    [{ weights: [0.5, 0.6] }, 'expected weights >= 0 that sum to 1'],
    [{ weights: [-0.5, 1.5] }, 'expected weights >= 0 that sum to 1'],
    [{ weights: [Number.NaN, 1] }, 'expected weights >= 0 that sum to 1'],
    [{ mean: [[0, 0]] }, 'expected mean to be 2 lists of 2 numbers'],
    [{ mean: [[0, 0], [0]] }, 'expected mean to be 2 lists of 2 numbers'],
    [{ mean: [[], []] }, 'expected 1 to 512 dimensions'],
    [{ cholesky: [[1, 0, 1]] }, 'expected cholesky to be 2 lists of 3 numbers'],
    [
      {
        cholesky: [
          [1, 0, 1],
          [1, 1],
        ],
      },
      'expected cholesky to be 2 lists of 3 numbers',
    ],
    [
      {
        cholesky: [
          [1, 0, 1],
          [1, 1, 0],
        ],
      },
      'expected cholesky to have a diagonal above 0',
    ],
    [
      {
        cholesky: [
          [1, 0, Infinity],
          [1, 1, 1],
        ],
      },
      'expected cholesky to be 2 lists',
    ],
  ])('refuses the mixture %j', (wrong, text) => {
    const failing = () => mixtureLogProb([[0, 0]], (wrong && { ...two, ...wrong }) as Mixture);
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });

  it('refuses latents of other dimensions', () => {
    expect(() => mixtureLogProb([[0, 0, 0]], two)).toThrow('latents of 3 dimensions, the mixture has 2');
    expect(() => mixtureLogProb([0, 0], two)).toThrow('latents are [2], expected [N, ...latent]');
  });
});

describe('mixtureSample', () => {
  it('places given noise in given components', () => {
    const { data, shape } = mixtureSample(2, two, {
      noise: [
        [1, 2],
        [1, 2],
      ],
      components: [0, 1],
      temperature: 0.5,
    });
    expect(shape).toEqual([2, 2]);
    // 0 + eps / 2, and (10, -5) + (2 1, 1 1 + 3 2) / 2.
    expect([...data]).toEqual([0.5, 1, 11, -1.5]);
  });

  it('draws components and noise from the streams that the documentation names', () => {
    const { data } = mixtureSample(50, two, { seed: 9, first: 3 });
    for (let row = 0; row < 50; row++) {
      const [u] = uniform({ seed: 9, stream: 'sample/component', index: 3 + row }, 1);
      const [a, b] = normal({ seed: 9, stream: 'sample', index: 3 + row }, 2) as unknown as [number, number];
      const expected = u! < 0.25 ? [a, b] : [10 + 2 * a, -5 + a + 3 * b];
      expect(data[2 * row]).toBeCloseTo(expected[0]!, 4);
      expect(data[2 * row + 1]).toBeCloseTo(expected[1]!, 4);
    }
  });

  it('is a prior sample for one standard component, truncated too', () => {
    const standard = { weights: [1], mean: [[0, 0]], cholesky: [[1, 0, 1]] };
    const options = { seed: 2, temperature: 0.5, truncation: 0.7 };
    expect(mixtureSample(20, standard, options)).toEqual(priorSample(20, 2, options));
  });

  it('has the mean and covariance of the mixture', () => {
    const n = 200_000;
    const { data } = mixtureSample(n, two, { seed: 1 });
    // Mean 0.75 (10, -5); covariance E[LL^T] + var of the means: x 0.25 + 3 + 18.75, y 0.25 + 7.5 + 4.6875,
    // xy 1.5 - 9.375.
    let [mx, my, xx, yy, xy] = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const [x, y] = [data[2 * i]! - 7.5, data[2 * i + 1]! + 3.75];
      mx += x / n;
      my += y / n;
      xx += (x * x) / n;
      yy += (y * y) / n;
      xy += (x * y) / n;
    }
    // Four standard errors; products of two coordinates vary by less than 40.
    expect(Math.abs(mx)).toBeLessThan(4 * Math.sqrt(22 / n));
    expect(Math.abs(my)).toBeLessThan(4 * Math.sqrt(12.4375 / n));
    for (const [value, expected] of [
      [xx, 22],
      [yy, 12.4375],
      [xy, -7.875],
    ])
      expect(Math.abs(value! - expected!)).toBeLessThan((4 * 40) / Math.sqrt(n));
  });

  it('never draws a component without weight', () => {
    const edges = { ...two, weights: [1 - 5e-7, 0] };
    const { data } = mixtureSample(1000, edges, { seed: 1, temperature: 0 });
    expect(data.every((value) => value === 0)).toBe(true);
  });

  it.each([
    [{ noise: [[0, 0]] }, 'noise does not say which components to take; give 1 components too'],
    [{ noise: [[0, 0]], components: [0], seed: 1 }, 'give either a seed or the noise'],
    [{ components: [2] }, 'components is [2], expected 1 whole numbers from 0 to 1'],
    [{ components: [0, 1] }, 'components is [0, 1], expected 1 whole numbers'],
    [{ temperature: -1 }, 'temperature is -1'],
    [{ truncation: 0 }, 'truncation is 0'],
  ])('refuses %j', (options, text) => {
    const failing = () => mixtureSample(1, two, options);
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });
});

describe('fitMixture', () => {
  it('with one component is the mean and the covariance of the latents', () => {
    const { mixture, logLikelihood } = fitMixture(
      [
        [0, 0],
        [2, 0],
        [0, 4],
        [2, 4],
      ],
      {
        components: 1,
        seed: 0,
        regularisation: 1e-12,
      },
    );
    expect(mixture.weights).toEqual([1]);
    expect(mixture.mean).toEqual([[1, 2]]);
    // Variances 1 and 4, not correlated.
    for (const [i, value] of [1, 0, 2].entries()) expect(mixture.cholesky[0]![i]).toBeCloseTo(value, 10);
    expect(logLikelihood).toBeCloseTo(-Math.log(2 * Math.PI) - Math.log(2) - 1, 10);
  });

  it('finds two far clusters', () => {
    const { mixture } = fitMixture([[0], [1], [10], [11], [12]], { components: 2, seed: 3 });
    const order = mixture.mean[0]![0]! < 5 ? [0, 1] : [1, 0];
    const by = <T>(list: readonly T[]) => order.map((k) => list[k]!);
    expect(by(mixture.weights)[0]).toBeCloseTo(0.4, 10);
    expect(by(mixture.mean).flat()[0]).toBeCloseTo(0.5, 10);
    expect(by(mixture.mean).flat()[1]).toBeCloseTo(11, 10);
    expect(by(mixture.cholesky).flat()[0]).toBeCloseTo(Math.sqrt(0.25 + 1e-6), 10);
    expect(by(mixture.cholesky).flat()[1]).toBeCloseTo(Math.sqrt(2 / 3 + 1e-6), 10);
  });

  // 24 points of two clusters that touch; scikit-learn 1.9.1, GaussianMixture(2, tol=1e-13, max_iter=5000) on them.
  const touching = [
    [2, 0],
    [0.375, 0],
    [-0.5, -0.375],
    [-2, -1.375],
    [-0.875, 1.125],
    [0.25, 0],
    [-0.25, -0.5],
    [-1, -0.875],
    [0.5, 0.125],
    [1, 0.5],
    [0, 0.75],
    [0.5, 0.125],
    [-0.125, 0.125],
    [1.875, 1],
    [2.375, 1.875],
    [2, 1],
    [3, 1.25],
    [2.5, 1.5],
    [1.125, 2.625],
    [2, 0],
    [2.625, 1.5],
    [2.25, 0.25],
    [2.5, 1],
    [3.25, 1.125],
  ];
  it.each([0, 1, 2, 3])('agrees with scikit-learn from seed %d', (seed) => {
    const options = { components: 2, seed, tolerance: 1e-13, iterations: 5000 };
    const { mixture, logLikelihood } = fitMixture(touching, options);
    expect(logLikelihood).toBeCloseTo(-2.6195075714565, 9);
    const scores = mixtureLogProb(touching.slice(0, 3), mixture);
    for (const [i, value] of [-2.94889425, -2.01682056, -1.87159687].entries())
      expect(scores[i]).toBeCloseTo(value, 6);
    const right = mixture.mean[0]![0]! > 1 ? 0 : 1;
    const found = [mixture.weights[right]!, ...mixture.mean[right]!, ...mixture.cholesky[right]!];
    for (const [i, value] of [
      0.49722893, 2.28511555, 1.0914445, 0.54586688, -0.08534329, 0.72667315,
    ].entries())
      expect(found[i]).toBeCloseTo(value, 6);
  });

  it('gives back the mixture that the latents were drawn from', () => {
    const { mixture } = fitMixture(mixtureSample(20_000, two, { seed: 5 }), { components: 2, seed: 0 });
    const wide = mixture.weights[0]! > 0.5 ? 0 : 1;
    expect(mixture.weights[wide]).toBeCloseTo(0.75, 1);
    // Standard errors: 3.16 / sqrt(15,000) = 0.026 for a mean, about 0.02 for an element of the factor.
    for (const [i, value] of [10, -5].entries())
      expect(Math.abs(mixture.mean[wide]![i]! - value)).toBeLessThan(0.11);
    for (const [i, value] of [2, 1, 3].entries())
      expect(Math.abs(mixture.cholesky[wide]![i]! - value)).toBeLessThan(0.1);
  });

  it('gets likelier with every step, and stops when it no longer does', () => {
    const fit = (iterations: number, tolerance = 0) =>
      fitMixture(touching, { components: 3, seed: 1, iterations, tolerance });
    const path = Array.from({ length: 12 }, (_, i) => fit(i + 1).logLikelihood);
    for (let i = 1; i < path.length; i++) expect(path[i]).toBeGreaterThan(path[i - 1]! - 1e-9);
    expect(fit(1000, 1e-3).iterations).toBeLessThan(1000);
    expect(fit(3)).toEqual(fit(3));
    expect(fit(3).iterations).toBe(3);
  });

  it('reports the likelihood of the mixture that it gives', () => {
    const { mixture, logLikelihood } = fitMixture(touching, { components: 3, seed: 1, iterations: 2 });
    const scores = mixtureLogProb(touching, mixture);
    expect(scores.reduce((sum, score) => sum + score, 0) / 24).toBeCloseTo(logLikelihood, 10);
  });

  it('gives repeated latents a narrow component', () => {
    const { mixture } = fitMixture([[1], [1], [1], [5], [6]], { components: 2, seed: 0 });
    const narrow = mixture.mean[0]![0]! < 3 ? 0 : 1;
    expect(mixture.cholesky[narrow]![0]).toBeCloseTo(1e-3, 10);
  });

  it.each<[unknown, object, string]>([
    [[[1], [1]], { components: 2 }, '1 distinct latents for 2 components; ask for fewer'],
    [[[1]], {}, 'components is undefined, expected a whole number from 1 to 1024'],
    [[[1]], { components: 1025 }, 'components is 1025'],
    [[[1]], { components: 1, iterations: 0 }, 'iterations is 0'],
    [[[1]], { components: 1, tolerance: -1 }, 'tolerance is -1'],
    [[[1]], { components: 1, regularisation: 0 }, 'regularisation is 0'],
    [[1, 2], { components: 1 }, 'latents are [2], expected [N, ...latent]'],
    [[[1], [Number.NaN]], { components: 1 }, 'every value has to be finite'],
    [{ data: new Float32Array(513), shape: [1, 513] }, { components: 1 }, 'latents of 513 dimensions'],
  ])('refuses %j with %j', (latents, options, text) => {
    const failing = () => fitMixture(latents as number[][], options as { components: number });
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });

  it('refuses a covariance that regularisation is too small for', () => {
    // Variance 2.5e37 in a direction, 0 across it: the regularisation is lost in rounding.
    const line = [
      [0, 0],
      [1e19, 1e19],
    ];
    expect(() => fitMixture(line, { components: 1 })).toThrow('raise the regularisation');
  });
});
