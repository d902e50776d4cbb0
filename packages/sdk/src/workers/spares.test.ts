import { expect, it } from 'vitest';
import { Spares } from './spares.js';

it('gives kept arrays again, by their lengths', () => {
  const spares = new Spares();
  const [a, b] = [spares.take(20_000), spares.take(30_000)];
  expect([a.length, b.length]).toEqual([20_000, 30_000]);
  spares.keep(a);
  spares.keep(b);
  // Not toBe: it would compare them number by number.
  expect(spares.take(30_000) === b).toBe(true);
  expect(spares.take(30_000) === b).toBe(false);
  spares.clear();
  expect(spares.take(20_000) === a).toBe(false);
});

it('keeps neither small nor huge arrays, and of the others the last four', () => {
  const spares = new Spares();
  for (const length of [100, 2 ** 22 + 1]) {
    const array = spares.take(length);
    spares.keep(array);
    expect(spares.take(length) === array).toBe(false);
  }
  const arrays = [1, 2, 3, 4, 5].map((i) => spares.take(20_000 + i));
  for (const array of arrays) spares.keep(array);
  expect(arrays.map((array) => spares.take(array.length) === array)).toEqual([false, true, true, true, true]);
});
