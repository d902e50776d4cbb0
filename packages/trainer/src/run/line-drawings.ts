import type { Tensor } from '@vae/sdk/media';

const WIDTH = 96;
const HEIGHT = 48;
const MARGIN = 2;

/** A value on a line through `values` drawn at equal distances over the whole width. */
function valueAt(values: Float32Array, column: number): number {
  const place = (column / (WIDTH - 1)) * (values.length - 1);
  const [left, share] = [Math.floor(place), place % 1];
  return values[left]! + share * ((values[left + 1] ?? values[left]!) - values[left]!);
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

/** One line, dark on white; what is outside of the range is drawn at the edge. */
function draw(values: Float32Array, [low, high]: readonly [number, number], out: Float32Array): void {
  const bottom = HEIGHT - 1 - MARGIN;
  const scale = (bottom - MARGIN) / (high - low || 1);
  const row = (value: number) =>
    Math.round(Math.min(bottom, Math.max(MARGIN, bottom - (value - low) * scale)));
  out.fill(1);
  let before = row(valueAt(values, 0));
  for (let column = 0; column < WIDTH; column++) {
    const here = row(valueAt(values, column));
    for (let y = Math.min(before, here); y <= Math.max(before, here); y++) out[y * WIDTH + column] = 0;
    before = here;
  }
}

/**
 * Samples that are no images, such as vectors and sound, as small line drawings: the numbers of a sample from left to
 * right, all samples on one scale.
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
  for (let i = 0; i < count!; i++) {
    const out = data.subarray(i * WIDTH * HEIGHT, (i + 1) * WIDTH * HEIGHT);
    draw(samples.data.subarray(i * size, (i + 1) * size), range, out);
  }
  return { data, shape: [count!, 1, HEIGHT, WIDTH] };
}
