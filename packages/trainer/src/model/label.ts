import type { Graph } from '../graph/graph.js';
import { type Input, input } from '../graph/value.js';

/** What the input for labels is called, in training and in an exported decoder. */
export const LABEL = 'label';

/** The classes of samples: [N, K] for K classes, a row of 0 with 1 at the number of the class. */
export const labelInput = (classes: number): Input =>
  input(LABEL, 'data', ['N', classes], 'class of each sample, one-hot: 1 at its number, 0 elsewhere');

/** How many classes a graph is told of; 0 for one that takes no labels. */
export const labelWidth = ({ inputs }: Pick<Graph, 'inputs'>): number =>
  (inputs.find(({ name }) => name === LABEL)?.shape[1] as number | undefined) ?? 0;

/**
 * Numbers of classes as the rows that graphs take.
 *
 * @param classes whole numbers in 0..width − 1
 * @param out zeros, with room for at least as many rows; what is behind them stays
 * @returns [N, width]
 * @example oneHot([2, 0], 3) // 0 0 1 1 0 0
 */
export function oneHot(
  classes: ArrayLike<number>,
  width: number,
  out: Float32Array = new Float32Array(classes.length * width),
): Float32Array {
  for (let row = 0; row < classes.length; row++) out[row * width + classes[row]] = 1;
  return out;
}
