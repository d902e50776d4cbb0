import type { Tensor } from '@vae/sdk/media';

const WIDTH = 96;
const HEIGHT = 48;
const MARGIN = 2;
/** Rows of a table: a line between columns with nothing between them would show what is not there. */
const MOST_BARS = 24;

/** A value on a line through `values` drawn at equal distances over the whole width. */
function valueAt(values: Float32Array, column: number): number {
  const place = (column / (WIDTH - 1)) * (values.length - 1);
  const [left, share] = [Math.floor(place), place % 1];
  return values[left] + share * ((values[left + 1] ?? values[left]) - values[left]);
}

/** Lowest and highest of some numbers. */
export function extent(values: Float32Array): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The row of the picture that a value belongs to; what is outside of the range is at the edge. */
function rowsFor([low, high]: readonly [number, number]): (value: number) => number {
  const bottom = HEIGHT - 1 - MARGIN;
  const scale = (bottom - MARGIN) / (high - low || 1);
  return (value) => Math.round(Math.min(bottom, Math.max(MARGIN, bottom - (value - low) * scale)));
}

/** Dark from one row to the other, in one column. */
function darken(out: Float32Array, column: number, from: number, to: number): void {
  for (let y = Math.min(from, to); y <= Math.max(from, to); y++) out[y * WIDTH + column] = 0;
}

function drawLine(values: Float32Array, row: (value: number) => number, out: Float32Array): void {
  let before = row(valueAt(values, 0));
  for (let column = 0; column < WIDTH; column++) {
    const here = row(valueAt(values, column));
    darken(out, column, before, here);
    before = here;
  }
}

/** Bars that stand on zero, or on the edge that is nearest to it. */
function drawBars(values: Float32Array, row: (value: number) => number, out: Float32Array): void {
  const edge = (i: number) => Math.round((i * WIDTH) / values.length);
  for (const [i, value] of values.entries()) {
    for (let column = edge(i); column < edge(i + 1) - 1; column++) darken(out, column, row(0), row(value));
  }
}

/**
 * Samples that are no images as small drawings, the numbers of a sample from left to right, dark on white, all samples on
 * one scale: up to 24 numbers, such as the row of a table, as bars, more, such as sound, as a line.
 *
 * @param samples [N, ...]
 * @param range the values at the lower and upper edge
 * @returns [N, 1, 48, 96] in 0..1
 * @example drawLines({ data, shape: [16, 12] }, extent(data))
 */
export function drawLines(samples: Tensor, range: readonly [number, number]): Tensor {
  const [count] = samples.shape;
  const size = samples.data.length / count!;
  const data = new Float32Array(count! * WIDTH * HEIGHT);
  const draw = size <= MOST_BARS ? drawBars : drawLine;
  data.fill(1);
  for (let i = 0; i < count!; i++) {
    const out = data.subarray(i * WIDTH * HEIGHT, (i + 1) * WIDTH * HEIGHT);
    draw(samples.data.subarray(i * size, (i + 1) * size), rowsFor(range), out);
  }
  return { data, shape: [count!, 1, HEIGHT, WIDTH] };
}
