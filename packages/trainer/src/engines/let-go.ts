import { arraysOf, type State } from './engine.js';

/**
 * Frees the arrays of a state that nobody uses any more; they are empty afterwards. V8 would keep them until it next looks
 * at all of its memory, and several states would lie there side by side.
 *
 * @param keep tensors of it that are still used
 * @example letGo(state); // state.weight.data.length === 0
 */
export function letGo(state: State, keep: State = {}): void {
  const buffersOf = (tensors: State) => new Set(arraysOf(tensors).map(({ buffer }) => buffer as ArrayBuffer));
  const kept = buffersOf(keep);
  for (const buffer of buffersOf(state))
    if (!kept.has(buffer)) structuredClone(buffer, { transfer: [buffer] });
}
