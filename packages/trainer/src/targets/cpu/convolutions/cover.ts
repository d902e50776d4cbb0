import { type Shape, sizeOf } from '../../../graph/shape.js';
import type { Value } from '../../../graph/value.js';
import type { Window } from '../../../ops/index.js';
import type { Order } from '../layout.js';

type Pair = readonly [number, number];

/**
 * A convolution, its transpose and its weight gradient are one form Σ a·w·b: windows of the maps `a`, one window for
 * each pixel of the maps `b`. The result is b (windows of a become columns: im2col), a (products are added onto
 * pixels: col2im) or w.
 *
 * `a` are the maps that a convolution reads, x [N, C, H, W], and `b` those that it writes, g [N, M, H', W']. With
 * strides of 1 the form is symmetric: every pixel of x has a window of g, read backwards. Columns are the most that a
 * convolution moves, so the maps of fewer channels are `a` then.
 */
export interface Cover {
  /** Tells two covers of the same maps apart. */
  readonly key: string;
  /** True where `a` are the maps that a convolution writes. */
  readonly mirrored: boolean;
  readonly kernel: Pair;
  readonly sizeA: Pair;
  readonly sizeB: Pair;
  /** Row (axis 0) or column (axis 1) of a under the given tap of the window at that place of b; maybe outside. */
  readonly under: (place: number, tap: number, axis: 0 | 1) => number;
  /** Weights [M, C, h, w] as the matrix [A · taps, B], and as its transpose. */
  readonly windowsFirst: Order;
  readonly windowsLast: Order;
}

/** Height and width of maps [N, C, H, W]. */
const spatial = ({ shape }: Pick<Value, 'shape'>): Pair => [shape[2] as number, shape[3] as number];

export const areaOf = ([height, width]: Pair): number => height * width;

/** The cover of a convolution from maps like `x` to maps like `g`. */
export function coverOf(
  x: Pick<Value, 'shape'>,
  weight: Shape,
  g: Pick<Value, 'shape'>,
  { strides, pads }: Window,
): Cover {
  const [filters, channels, ...kernel] = weight as readonly number[] as [number, number, number, number];
  const mirrored = filters < channels && areaOf(strides) === 1 && areaOf(kernel) > 1;
  const [sizeA, sizeB] = mirrored ? [spatial(g), spatial(x)] : [spatial(x), spatial(g)];
  return {
    key: `${mirrored} ${kernel} ${strides} ${pads} ${sizeA} ${sizeB}`,
    mirrored,
    kernel,
    sizeA,
    sizeB,
    under: (place, tap, axis) =>
      mirrored ? place + pads[axis] - tap : place * strides[axis] - pads[axis] + tap,
    windowsFirst: mirrored ? [0, 2, 3, 1] : [1, 2, 3, 0],
    windowsLast: mirrored ? [1, 0, 2, 3] : [0, 1, 2, 3],
  };
}

/**
 * For every tap of the kernel, row by row, and every pixel of b: the pixel of a under it, or `outside`.
 *
 * @param extra further pixels at the end of b, for which everything is outside
 */
export function coveredPixels(
  { kernel, sizeA, sizeB, under }: Cover,
  extra: number,
  outside: number,
): Int32Array {
  const count = areaOf(sizeB) + extra;
  const pixels = new Int32Array(areaOf(kernel) * count).fill(outside);
  for (let tap = 0; tap < areaOf(kernel); tap++) {
    const [tapRow, tapColumn] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    for (let pixel = 0; pixel < areaOf(sizeB); pixel++) {
      const row = under(Math.floor(pixel / sizeB[1]), tapRow, 0);
      const column = under(pixel % sizeB[1], tapColumn, 1);
      const inside = row >= 0 && row < sizeA[0] && column >= 0 && column < sizeA[1];
      if (inside) pixels[tap * count + pixel] = row * sizeA[1] + column;
    }
  }
  return pixels;
}

/** True where some tap lies beside the maps: one at a corner of the kernel then does, in a window at a corner. */
export const reachesOutside = ({ kernel, sizeA, sizeB, under }: Cover): boolean =>
  ([0, 1] as const).some((axis) =>
    [0, sizeB[axis] - 1].some((place) =>
      [0, kernel[axis] - 1].some((tap) => {
        const line = under(place, tap, axis);
        return line < 0 || line >= sizeA[axis];
      }),
    ),
  );

/** True where every window is the one pixel of the same number. */
export const isPointwise = (cover: Cover): boolean =>
  areaOf(cover.kernel) === 1 &&
  areaOf(cover.sizeA) === areaOf(cover.sizeB) &&
  coveredPixels(cover, 0, -1).every((pixel, i) => pixel === i);

/**
 * The other way round: lists of one entry for each pixel of a, that together name every (tap, pixel of b) over it, as
 * tap · stride + pixel. Entries that a pixel does not need are `missing`.
 */
export function coveringWindows(cover: Cover, stride: number, missing: number): Int32Array[] {
  const area = areaOf(cover.sizeB);
  const pixels = coveredPixels(cover, 0, -1);
  const found = new Int32Array(areaOf(cover.sizeA));
  for (const pixel of pixels) if (pixel >= 0) found[pixel]++;
  const most = found.reduce((length, count) => Math.max(length, count), 1);
  const lists = Array.from({ length: most }, () => new Int32Array(found.length).fill(missing));
  found.fill(0);
  pixels.forEach((pixel, i) => {
    if (pixel >= 0) lists[found[pixel]++][pixel] = Math.floor(i / area) * stride + (i % area);
  });
  return lists;
}

/** Rows of {@link Cover.windowsFirst} and its columns, of resolved weights [M, C, h, w]. */
export const weightDims = ({ windowsLast }: Cover, weight: readonly number[]): [number, number] => {
  const [b, ...window] = windowsLast.map((axis) => weight[axis]);
  return [sizeOf(window), b];
};
