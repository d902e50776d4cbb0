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

/** Axes of an item along which channels may lie: of an image one, else any, because sound and video come both ways. */
export function channelAxes(item: Item, layout: DataSpec['layout']): readonly number[] {
  if (item.length === 3 && layout !== 'flat') return [layout === 'chw' ? 0 : 2];
  return [...item.keys()];
}

/** True for an item of twice a latent's size along one axis, and of its sizes along the others. */
export function isTwice(item: Item, latent: Item, axis: number): boolean {
  const [has, wanted] = [item[axis]!, latent[axis]!];
  return wanted > 0 && has === 2 * wanted && agree(halved(item, axis), latent);
}

/** An item with one of its sizes halved. */
export function halved(item: Item, axis: number): Item {
  return item.map((size, i) => (i === axis && size > 0 ? size / 2 : size));
}

/** All numbers of an item of known sizes in one row. */
export function rowOf(item: Item): Item | undefined {
  return item.includes(-1) ? undefined : [item.reduce((product, size) => product * size, 1)];
}
