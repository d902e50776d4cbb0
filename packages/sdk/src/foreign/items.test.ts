import { describe, expect, it } from 'vitest';
import { type Item, isTwice, otherAxes } from './items.js';

describe('items of other axes', () => {
  it.each<[string, Item, Item, Item, Item]>([
    ['a row', [64], [1, 8, 8], [64], [1, 8, 8]],
    ['a row of open length', [-1], [1, 8, 8], [64], [1, 8, 8]],
    ['a size that the row tells', [256], [-1, 8, 8], [256], [4, 8, 8]],
    ['axes of size 1 at the end', [8], [8, 1, 1], [8], [8, 1, 1]],
    ['an axis of size 1 in front', [28, 28], [1, 28, 28], [28, 28], [1, 28, 28]],
    ['sizes that are open at one end', [-1, -1], [20, 28, 1], [20, 28], [20, 28, 1]],
    ['axes of size 1 in both', [1, 8], [8, 1, 1], [1, 8], [8, 1, 1]],
  ])('hold the same numbers: %s', (_, few, many, a, b) => {
    expect(otherAxes(few, many)).toEqual([a, b]);
    expect(otherAxes(many, few)).toEqual([b, a]);
  });

  it.each<[string, Item, Item]>([
    ['as many axes', [1, 8, 8], [8, 8, 1]],
    ['more numbers', [65], [1, 8, 8]],
    ['other sizes', [8, 9], [1, 8, 8]],
    ['a row and two open sizes', [64], [1, -1, -1]],
    ['no whole size that the row leaves', [65], [-1, 8]],
    ['all open', [-1], [-1, 8, 8]],
    ['open sizes at both ends', [-1, 8], [1, -1, 8]],
  ])('are not found in %s', (_, a, b) => {
    expect(otherAxes(a, b)).toBeUndefined();
    expect(otherAxes(b, a)).toBeUndefined();
  });
});

describe('twice a latent', () => {
  it.each<[Item, Item, number, boolean]>([
    [[16], [8, 1, 1], 0, true],
    [[16, 1, 1], [8], 0, true],
    [[16, 1, 1], [8], 1, false],
    [[2, 8], [8], 0, true],
    [[2, 8], [8], 1, false],
    // Whether the row has channels first or last, nobody says.
    [[512], [4, 8, 8], 0, false],
  ])('may be of other axes: %j of %j along %i is %j', (item, latent, axis, twice) => {
    expect(isTwice(item, latent, axis)).toBe(twice);
  });
});
