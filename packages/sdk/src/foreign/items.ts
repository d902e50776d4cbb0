import type { DataSpec } from '../model.js';

/** Shape of one item, without the batch axis; -1 is a size that is open. */
export type Item = readonly number[];

/** An item out of the sizes that a graph states; undefined where it does not state how many axes there are. */
export function itemOf(dims: readonly (number | string)[] | undefined): Item | undefined {
  return dims?.slice(1).map((size) => (typeof size === 'number' && size > 0 ? size : -1));
}

/** True when two statements about one shape can both hold. */
export function agree(a: Item, b: Item): boolean {
  return a.length === b.length && a.every((size, i) => size === -1 || b[i] === -1 || size === b[i]);
}

/** What two statements that agree say together. */
export function together(a: Item | undefined, b: Item | undefined): Item | undefined {
  if (!a || !b) return a ?? b;
  return a.map((size, i) => (size === -1 ? b[i]! : size));
}

/** The axis of an item along which a mean and a log-variance lie side by side. */
export function channelAxis(item: Item, layout: DataSpec['layout']): number {
  return layout === 'chw' && item.length === 3 ? 0 : item.length - 1;
}

/** An item with one of its sizes halved. */
export function halved(item: Item, axis: number): Item {
  return item.map((size, i) => (i === axis && size > 0 ? size / 2 : size));
}

/** All numbers of an item of known sizes in one row. */
export function rowOf(item: Item): Item | undefined {
  return item.includes(-1) ? undefined : [item.reduce((product, size) => product * size, 1)];
}
