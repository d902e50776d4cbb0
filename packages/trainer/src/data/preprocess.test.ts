import { describe, expect, it } from 'vitest';
import { grey } from './dataset.js';
import { type Binarize, checkBinarize, describeLikelihoodInput, preprocess } from './preprocess.js';

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
          `Image 41 has the value ${Math.fround(bad)} at position 1; expected numbers from 0 to 1.`,
        );
      }
    },
  );

  it('refuses a batch that is too small', () => {
    expect(() => preprocess(new Float32Array(3), [0, 1], 2, false, key)).toThrow(
      'preprocess: 2 images of 2 numbers make 4, the batch holds 3.',
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
