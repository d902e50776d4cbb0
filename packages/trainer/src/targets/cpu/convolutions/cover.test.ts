import { describe, expect, it } from 'vitest';
import type { Window } from '../../../ops/index.js';
import { type Cover, coveredPixels, coveringWindows, coverOf, isPointwise, reachesOutside } from './cover.js';

/** The cover of a convolution from an image of one size to one of another. */
const cover = (
  weight: readonly [number, number, number, number],
  large: readonly number[],
  small: readonly number[],
  window: Window,
): Cover =>
  coverOf({ shape: ['N', weight[1], ...large] }, weight, { shape: ['N', weight[0], ...small] }, window);

const unpadded: Window = { strides: [1, 1], pads: [0, 0, 0, 0] };

describe('covered pixels', () => {
  it('are listed tap by tap', () => {
    // 3×3 pixels 0..8, windows of 2×2 at four places
    const taps = cover([1, 1, 2, 2], [3, 3], [2, 2], unpadded);
    expect([...coveredPixels(taps, 0, -1)]).toEqual([
      ...[0, 1, 3, 4],
      ...[1, 2, 4, 5],
      ...[3, 4, 6, 7],
      ...[4, 5, 7, 8],
    ]);
    expect(reachesOutside(taps)).toBe(false);
  });

  it('may lie outside, as those of a spare pixel do', () => {
    // one row of 3 pixels, stride 2, one column of padding on each side: windows at −1 and 1
    const taps = cover([1, 1, 1, 3], [1, 3], [1, 2], { strides: [1, 2], pads: [0, 1, 0, 1] });
    expect([...coveredPixels(taps, 1, 9)]).toEqual([9, 1, 9, 0, 2, 9, 1, 9, 9]);
    expect(reachesOutside(taps)).toBe(true);
  });

  it('are each pixel itself only for one tap without stride and padding', () => {
    expect(isPointwise(cover([4, 2, 1, 1], [3, 2], [3, 2], unpadded))).toBe(true);
    expect(isPointwise(cover([2, 2, 1, 1], [3, 3], [2, 2], { strides: [2, 2], pads: [0, 0, 0, 0] }))).toBe(
      false,
    );
    expect(isPointwise(cover([2, 2, 1, 1], [1, 1], [3, 3], { strides: [1, 1], pads: [1, 1, 1, 1] }))).toBe(
      false,
    );
    expect(isPointwise(cover([2, 2, 1, 2], [3, 3], [3, 2], unpadded))).toBe(false);
  });
});

/** Every (tap, pixel of x, pixel of g) that the cover multiplies. */
function triples(taps: Cover): string[] {
  const area = taps.sizeB[0] * taps.sizeB[1];
  return [...coveredPixels(taps, 0, -1)]
    .flatMap((pixel, i) => {
      if (pixel < 0) return [];
      const [x, g] = taps.mirrored ? [i % area, pixel] : [pixel, i % area];
      return [`tap ${Math.floor(i / area)}: ${x} ${g}`];
    })
    .sort();
}

it.each<[Window, number[]]>([
  [unpadded, [4, 4]],
  [{ strides: [1, 1], pads: [0, 0, 0, 1] }, [4, 5]],
  [{ strides: [2, 2], pads: [1, 0, 0, 0] }, [3, 2]],
  [{ strides: [2, 3], pads: [0, 0, 0, 0] }, [2, 2]],
  [{ strides: [2, 3], pads: [0, 0, 0, 3] }, [2, 3]],
])('a cover reaches outside where some tap has no pixel: %j', (window, small) => {
  for (const channels of [1, 2]) {
    const taps = cover([1, channels, 3, 2], [6, 5], small, window);
    expect(reachesOutside(taps)).toBe(coveredPixels(taps, 0, -1).includes(-1));
  }
});

describe('a mirrored cover', () => {
  it.each<[string, readonly [number, number, number, number], number[], number[], Window]>([
    ['without padding', [1, 2, 3, 2], [5, 4], [3, 3], unpadded],
    ['with padding', [1, 2, 3, 3], [4, 4], [4, 4], { strides: [1, 1], pads: [1, 1, 1, 1] }],
    ['with more on one side', [1, 2, 2, 4], [3, 3], [5, 2], { strides: [1, 1], pads: [3, 1, 0, 1] }],
  ])('multiplies what the other does: %s', (_, weight, large, small, window) => {
    const mirrored = cover(weight, large, small, window);
    const other = cover([2, 2, weight[2], weight[3]], large, small, window);
    expect([mirrored.mirrored, other.mirrored]).toEqual([true, false]);
    expect(triples(mirrored)).toEqual(triples(other));
  });

  it('is only for strides of 1 and fewer filters than channels', () => {
    const of = (weight: [number, number, number, number], strides: [number, number]) =>
      cover(weight, [4, 4], [2, 2], { strides, pads: [0, 0, 0, 0] }).mirrored;
    expect([
      of([1, 2, 3, 3], [1, 1]),
      of([2, 2, 3, 3], [1, 1]),
      of([1, 2, 3, 3], [1, 2]),
      of([1, 2, 1, 1], [1, 1]),
    ]).toEqual([true, false, false, false]);
  });
});

describe('covering windows', () => {
  it.each([
    [unpadded, [4, 3]],
    [{ strides: [2, 1], pads: [1, 0, 1, 2] } as Window, [3, 5]],
  ])('are the same pairs from the other side', (window, small) => {
    const taps = cover([1, 1, 3, 2], [6, 4], small, window);
    const area = taps.sizeB[0] * taps.sizeB[1];
    const lists = coveringWindows(taps, 100, -1);
    const found = lists.flatMap((list) =>
      [...list].flatMap((entry, pixel) =>
        entry < 0 ? [] : [`${Math.floor(entry / 100)} ${entry % 100} ${pixel}`],
      ),
    );
    const expected = [...coveredPixels(taps, 0, -1)].flatMap((pixel, i) =>
      pixel < 0 ? [] : [`${Math.floor(i / area)} ${i % area} ${pixel}`],
    );
    expect(found.sort()).toEqual(expected.sort());
  });

  it('are as many lists as one pixel needs', () => {
    // 3×3 at stride 2: up to 2×2 windows over one pixel
    const lists = coveringWindows(
      cover([1, 1, 3, 3], [5, 5], [2, 2], { strides: [2, 2], pads: [0, 0, 0, 0] }),
      4,
      99,
    );
    expect(lists.length).toBe(4);
    // the pixel in the middle is the last of the first window and the first of the last
    expect(lists.map((list) => list[12])).toEqual([0 * 4 + 3, 2 * 4 + 2, 6 * 4 + 1, 8 * 4 + 0]);
    expect(lists.map((list) => list[0])).toEqual([0, 99, 99, 99]);
  });
});
