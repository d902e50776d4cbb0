import { describe, expect, it } from 'vitest';
import { grey } from './dataset.js';
import {
  type Binarize,
  checkBinarize,
  describeLikelihoodInput,
  preprocess,
  requireLikelihoodFits,
} from './preprocess.js';

const key = { seed: 3, step: 0 };

function dynamic(values: Float32Array, indices: readonly number[], itemSize: number, at = key): Float32Array {
  const batch = values.slice();
  preprocess(batch, indices, itemSize, 'dynamic', at);
  return batch;
}

describe('preprocess', () => {
  it('leaves grey values alone when not asked to binarise', () => {
    const batch = grey.slice();
    preprocess(batch, [0], 256, false, key);
    expect(batch).toEqual(grey);
  });

  it('thresholds strictly above, which at 0.5 splits bytes at 127 and 128', () => {
    const batch = grey.slice();
    preprocess(batch, [0], 256, 0.5, key);
    expect(batch).toEqual(Float32Array.from({ length: 256 }, (_, byte) => (byte >= 128 ? 1 : 0)));
    const atThreshold = Float32Array.of(0.25, 0.250001);
    preprocess(atThreshold, [0], 2, 0.25, key);
    expect([...atThreshold]).toEqual([0, 1]);
  });

  it('names a value out of range where it was, however far behind', () => {
    const batch = new Float32Array(3 * 5000).fill(0.7);
    batch[14_000] = 1.5;
    expect(() => preprocess(batch, [7, 8, 9], 5000, 0.5, key)).toThrow(
      'Item 9 has the value 1.5 at position 4000; expected numbers from 0 to 1.',
    );
  });

  it('draws dynamically with the grey value as probability; 0 and 1 stay', () => {
    for (const value of [0, 0.2, 0.5, 0.9, 1]) {
      const drawn = dynamic(new Float32Array(40_000).fill(value), [0, 1, 2, 3], 10_000);
      expect(drawn.every((bit) => bit === 0 || bit === 1)).toBe(true);
      const mean = drawn.reduce((sum, bit) => sum + bit, 0) / drawn.length;
      // Four standard errors of a Bernoulli mean.
      expect(Math.abs(mean - value)).toBeLessThanOrEqual(4 * Math.sqrt((value * (1 - value)) / 40_000));
    }
  });

  it('draws the same for an image in any batch, and anew for another step, seed or image', () => {
    const half = new Float32Array(3 * 500).fill(0.5);
    const image = (batch: Float32Array, i: number) => batch.slice(i * 500, (i + 1) * 500);
    const first = dynamic(half, [8, 5, 2], 500);
    const second = dynamic(half, [2, 8, 9], 500);
    expect(image(second, 0)).toEqual(image(first, 2));
    expect(image(second, 1)).toEqual(image(first, 0));
    expect(image(first, 0)).not.toEqual(image(first, 1));
    expect(dynamic(half, [8, 5, 2], 500, { seed: 3, step: 1 })).not.toEqual(first);
    expect(dynamic(half, [8, 5, 2], 500, { seed: 4, step: 0 })).not.toEqual(first);
  });

  it('leaves what lies behind the last image alone', () => {
    const batch = Float32Array.of(0.7, 0.7, 0.7);
    preprocess(batch, [0], 2, 0.5, key);
    expect(batch[2]).toBeCloseTo(0.7, 6);
  });

  it.each<Binarize>([false, 0.5, 'dynamic'])(
    'refuses values outside 0..1 and NaN, by image (binarize %s)',
    (option) => {
      for (const bad of [Number.NaN, -0.001, 1.001, 255, Number.POSITIVE_INFINITY]) {
        const batch = Float32Array.of(0, 1, 0.5, bad);
        expect(() => preprocess(batch, [40, 41], 2, option, key)).toThrow(
          `Item 41 has the value ${Math.fround(bad)} at position 1; expected numbers from 0 to 1.`,
        );
      }
    },
  );

  it('refuses a batch that is too small', () => {
    expect(() => preprocess(new Float32Array(3), [0, 1], 2, false, key)).toThrow(
      'preprocess: 2 items of 2 numbers make 4, the batch holds 3.',
    );
  });
});

describe('preprocess of data in another range', () => {
  it('checks that range, or that values are finite', () => {
    const audio = Float32Array.of(-1, 1, 0.5, -1.5);
    expect(() => preprocess(audio, [0], 3, false, key, [-1, 1])).not.toThrow();
    expect(() => preprocess(audio, [0, 7], 2, false, key, [-1, 1])).toThrow(
      'Item 7 has the value -1.5 at position 1; expected numbers from -1 to 1.',
    );
    expect(() => preprocess(Float32Array.of(-900, 3e38), [0], 2, false, key, null)).not.toThrow();
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => preprocess(Float32Array.of(0, bad), [5], 2, false, key, null)).toThrow(
        `Item 5 has the value ${bad} at position 1; expected finite numbers.`,
      );
    }
  });

  it('does not binarise it', () => {
    for (const range of [null, [-1, 1]] as const) {
      expect(() => preprocess(Float32Array.of(0), [0], 1, 0.5, key, range)).toThrow(
        'binarize: only values from 0 to 1 can be binarised; set it to false, or scale the data.',
      );
    }
  });
});

describe('requireLikelihoodFits', () => {
  it('wants values from 0 to 1 for a Bernoulli likelihood', () => {
    for (const range of [undefined, [0, 1]] as const)
      requireLikelihoodFits({ name: 'x', range, kind: 'image' }, 'bernoulli');
    const table = { name: 'csv:a.csv', range: null, kind: 'vector' } as const;
    requireLikelihoodFits(table, 'gaussian');
    expect(() => requireLikelihoodFits(table, 'bernoulli')).toThrow(
      'The bernoulli likelihood takes values from 0 to 1, csv:a.csv has values of any size. Use the likelihood gaussian, or scale the data with normalize=minmax or range=LOW,HIGH.',
    );
    const sound = { name: 'audio:a', range: [-1, 1], kind: 'audio' } as const;
    expect(() => requireLikelihoodFits(sound, 'bernoulli')).toThrow(
      /audio:a has values from -1 to 1\. Use the likelihood gaussian\.$/,
    );
  });
});

describe('checkBinarize', () => {
  it.each([
    [true, 'true'],
    [0, '0'],
    [1, '1'],
    [Number.NaN, 'null'],
    ['0.5', '"0.5"'],
    [undefined, 'undefined'],
  ])('refuses %s', (option, shown) => {
    expect(() => checkBinarize(option)).toThrow(
      `binarize: expected false, "dynamic" or a threshold between 0 and 1, got ${shown}.`,
    );
  });
});

describe('describeLikelihoodInput', () => {
  it('speaks of vectors where they are', () => {
    expect(describeLikelihoodInput(false, 'gaussian', 'vector')).toMatch(
      /^Gaussian on vectors.*same scaling only/,
    );
    expect(describeLikelihoodInput(false, 'bernoulli', 'vector')).toMatch(
      /cross-entropy.*unless all of them are 0 or 1/,
    );
  });

  it('is honest about what the number is', () => {
    expect(describeLikelihoodInput(false, 'bernoulli')).toMatch(
      /cross-entropy, not a likelihood.*floor that is not zero.*not comparable with bounds on binarised/,
    );
    expect(describeLikelihoodInput('dynamic', 'bernoulli')).toMatch(
      /anew at every step.*a bound on the log-likelihood/,
    );
    expect(describeLikelihoodInput(0.5, 'bernoulli')).toMatch(
      /thresholded at 0.5.*a bound on the log-likelihood/,
    );
    expect(describeLikelihoodInput(false, 'gaussian')).toMatch(
      /^Gaussian on grey values.*log-density.*either sign/,
    );
    expect(describeLikelihoodInput(0.5, 'gaussian')).toMatch(/only ever 0 or 1.*use a Bernoulli/);
  });
});
