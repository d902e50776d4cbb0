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

/** True for an item of twice a latent's size along one axis, and of its sizes along the others; axes of 1 may be left out. */
export function isTwice(item: Item, latent: Item, axis: number): boolean {
  const half = halved(item, axis);
  if (!Number.isInteger(half[axis]) || half[axis] === -1) return false;
  if (item.length === latent.length) return latent[axis]! > 0 && agree(half, latent);
  return agree(withoutOnes(half), withoutOnes(latent));
}

const withoutOnes = (item: Item): Item => item.filter((size) => size !== 1);

/** An item with one of its sizes halved. */
export function halved(item: Item, axis: number): Item {
  return item.map((size, i) => (i === axis && size > 0 ? size / 2 : size));
}

/** All numbers of an item of known sizes in one row. */
export function rowOf(item: Item): Item | undefined {
  return item.includes(-1) ? undefined : [item.reduce((product, size) => product * size, 1)];
}

/**
 * Two items of different numbers of axes that hold the same numbers in the same order, with their sizes: one of them has
 * all in a row, or leaves out axes of size 1.
 *
 * @returns undefined for others, and where a size stays open
 * @example otherAxes([8], [8, 1, 1]) // [[8], [8, 1, 1]]
 */
export function otherAxes(a: Item, b: Item): readonly [Item, Item] | undefined {
  if (a.length === b.length) return undefined;
  if (a.length > b.length) {
    const [few, many] = otherAxes(b, a) ?? [];
    return few && many && [many, few];
  }
  return a.length === 1 ? inRow(a[0]!, b) : exceptOnes(a, b);
}

/** One size that is open is what the others leave of the row. */
function inRow(length: number, item: Item): readonly [Item, Item] | undefined {
  const [known] = rowOf(item.map(Math.abs))!;
  const isOpen = item.includes(-1);
  const missing = isOpen ? length / known! : 1;
  const whole = item.map((size) => (size === -1 ? missing : size));
  const row = rowOf(whole);
  const fits = missing > 0 && Number.isInteger(missing) && row && agree([length], row);
  return fits ? [row, whole] : undefined;
}

function exceptOnes(few: Item, many: Item): readonly [Item, Item] | undefined {
  const [a, b] = [withoutOnes(few), withoutOnes(many)];
  const sizes = agree(a, b) && together(a, b);
  if (!sizes || sizes.includes(-1)) return undefined;
  const stated = (item: Item) => {
    const left = sizes.values();
    return item.map((size) => (size === 1 ? 1 : left.next().value!));
  };
  return [stated(few), stated(many)];
}
