import { describe, expect, it } from 'vitest';
import { uniform } from './random/index.js';
import { above, firstNotFinite, firstOutside } from './values.js';

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-45,
  -1e-45,
  3.4e38,
  -3.4e38,
  1.0000001,
  -1.0000001,
  0.99999994,
  2,
  -2,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
].map(Math.fround);

/** Arrays of 0 to 9 harmless values with each special one at each place, also inside a larger buffer. */
function* cases(): Generator<Float32Array> {
  for (let length = 0; length < 10; length++) {
    const plain = uniform({ seed: length, stream: 'cases' }, length);
    yield plain;
    for (const value of special) {
      for (let at = 0; at < length; at++) {
        const whole = new Float32Array(length + 3).fill(Number.NaN);
        const part = whole.subarray(1, 1 + length);
        part.set(plain);
        part[at] = value;
        yield part;
      }
    }
  }
}

describe('the fast looks at all values', () => {
  it('finds what is not finite', () => {
    for (const data of cases()) {
      expect(firstNotFinite(data)).toBe([...data].findIndex((value) => !Number.isFinite(value)));
    }
  });

  it.each([
    [0, 1],
    [-1, 1],
    [-0.5, 0.25],
    [0, 255],
    [-3.4e38, 3.4e38],
    [-2, -1],
  ])('finds what is outside %d to %d', (low, high) => {
    for (const data of cases()) {
      expect(firstOutside(data, low, high)).toBe(
        [...data].findIndex((v) => !(v >= Math.fround(low) && v <= Math.fround(high))),
      );
    }
  });

  it.each([0, 0.5, 1, 3, -0.5])('threshold at %d', (limit) => {
    // What is no number has been refused before.
    for (const data of cases()) {
      const numbers = data.map((value) => (Number.isNaN(value) ? 0.7 : value));
      const target = new Float32Array(numbers.length);
      above(numbers, limit, target);
      expect([...target]).toEqual([...numbers].map((value) => (value > limit ? 1 : 0)));
    }
  });
});
