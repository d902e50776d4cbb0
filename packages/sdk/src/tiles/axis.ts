/** One tile along an axis: where it begins, and the weight of each of its output elements. */
export interface TileSpan {
  /** First input element. */
  readonly from: number;
  readonly weights: Float64Array;
}

export interface AxisOptions {
  /** Input elements. */
  readonly length: number;
  /** Input elements of a tile, at most `length`. */
  readonly tile: number;
  /** Most input elements from one tile to the next. */
  readonly stride: number;
  /** An output element is up / down of an input element; one of the two is 1. */
  readonly up: number;
  readonly down: number;
}

/**
 * Tiles of one size along an axis, each `stride` after the last, the final one moved back so that it ends with the axis.
 * Where tiles overlap, a tile's weight falls linearly towards its end; all weights at an element sum to 1.
 */
export function tileAxis({ length, tile, stride, up, down }: AxisOptions): TileSpan[] {
  const starts: number[] = [];
  for (let from = 0; from + tile < length; from += stride) starts.push(from);
  starts.push(length - tile);
  const toOutput = (input: number) => (input * up) / down;
  const size = toOutput(tile);
  const sums = new Float64Array(toOutput(length));
  const spans = starts.map((from, i) => {
    const before = i > 0 ? toOutput(starts[i - 1]! + tile - from) : 0;
    const after = i + 1 < starts.length ? toOutput(from + tile - starts[i + 1]!) : 0;
    const weights = Float64Array.from({ length: size }, (_, at) =>
      Math.min(1, ramp(at, before), ramp(size - 1 - at, after)),
    );
    for (const [at, weight] of weights.entries()) sums[toOutput(from) + at]! += weight;
    return { from, weights };
  });
  for (const { from, weights } of spans) {
    for (let at = 0; at < size; at++) weights[at]! /= sums[toOutput(from) + at]!;
  }
  return spans;
}

/** From just above 0 to just below 1 over the overlap. */
function ramp(at: number, overlap: number): number {
  return overlap > 0 ? (at + 0.5) / overlap : 1;
}
