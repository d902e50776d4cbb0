import { VaeError, type VaeErrorCode } from './errors.js';
import { tagOf } from './tag.js';
import { firstNotFinite, firstOutside } from './values.js';

/** A dense float32 array in row-major order. `data.length` is the product of `shape`. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Any typed array whose elements are numbers. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Numbers nested in arrays of equal lengths. */
export type NestedArray = readonly number[] | readonly NestedArray[];

/** What the SDK takes wherever it takes an array: a tensor, a flat typed array, or (nested) plain arrays. */
export type ArrayInput =
  | { readonly data: NumberArray | readonly number[]; readonly shape: readonly number[] }
  | NumberArray
  | NestedArray;

/** Most elements a tensor may have: what one float32 typed array can hold everywhere. */
const maximumElements = 2 ** 31 - 1;

/**
 * Product of the sizes of a shape; 1 for the empty shape.
 *
 * @throws VaeError of `code` when a size is no whole number >= 0 or the product is 2^31 or more
 * @example sizeOf([2, 3], 'x') // 6
 */
export function sizeOf(shape: readonly number[], where: string, code: VaeErrorCode = 'bad-input'): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new VaeError(code, `${where}: shape ${show(shape)} needs whole numbers >= 0.`);
    }
    size *= length;
    if (size > maximumElements) {
      throw new VaeError(code, `${where}: shape ${show(shape)} has more than 2^31 - 1 elements.`);
    }
  }
  return size;
}

/**
 * An array of zeros for a shape.
 *
 * @throws VaeError of `code` for a shape that `sizeOf` refuses, and when there is not enough memory
 */
export function zeros(shape: readonly number[], where: string, code: VaeErrorCode = 'bad-input') {
  const size = sizeOf(shape, where, code);
  try {
    return new Float32Array(size);
  } catch (cause) {
    throw new VaeError(code, `${where}: there is no memory for shape ${show(shape)}; ask for less at once.`, {
      cause,
    });
  }
}

/** A tensor over `data` (not copied) after a check that its length fits the shape. */
export function tensor(data: Float32Array, shape: readonly number[], where = 'tensor'): Tensor {
  const size = sizeOf(shape, where);
  if (data.length !== size) {
    throw new VaeError(
      'bad-input',
      `${where}: shape ${show(shape)} needs ${size} elements, the data has ${data.length}.`,
    );
  }
  return { data, shape: [...shape] };
}

/**
 * Brings what a caller passed into a float32 tensor. A `Float32Array` is not copied. Flat typed arrays get the
 * shape [length].
 *
 * @throws VaeError "bad-input" for ragged nesting, a length that does not fit the shape, a non-number, NaN or
 * Infinity (with the index of the first)
 * @example toFloatTensor([[0, 1], [1, 0]], 'x') // { data: Float32Array [0, 1, 1, 0], shape: [2, 2] }
 */
export function toFloatTensor(input: ArrayInput, where: string): Tensor {
  const result = toAnyTensor(input, where);
  const bad = firstNotFinite(result.data);
  if (bad >= 0) throw notFinite(result, bad, where);
  return result;
}

/**
 * As `toFloatTensor`, with values of any kind, infinite ones too.
 *
 * @throws VaeError "bad-input"
 */
export function toAnyTensor(input: ArrayInput, where: string): Tensor {
  assertAttached(input, where);
  if (isNumberArray(input)) {
    if (input.length === 0) {
      throw new VaeError(
        'bad-input',
        `${where}: the typed array is empty; an empty batch is { data, shape: [0, ...] }.`,
      );
    }
    return { data: floats(input), shape: [input.length] };
  }
  if (Array.isArray(input)) return fromNested(input as NestedArray, where);
  if (typeof input === 'object' && input !== null && 'data' in input && 'shape' in input) {
    const { data, shape } = input;
    if (!Array.isArray(shape) || !(isNumberArray(data) || Array.isArray(data)))
      throw notAnArray(input, where);
    assertAttached(data, where);
    if (Array.isArray(data)) assertNumbers(data, where);
    return tensor(floats(data as NumberArray), shape, where);
  }
  throw notAnArray(input, where);
}

/** True for what is as this package gives arrays: float32 numbers and their shape. */
export function isTensor(value: unknown): value is Tensor {
  const { data, shape } = Object(value) as Partial<Tensor>;
  return data instanceof Float32Array && Array.isArray(shape);
}

/** Refuses a typed array whose memory was transferred, for instance to a worker. */
function assertAttached(value: unknown, where: string): void {
  if (!isNumberArray(value)) return;
  try {
    value.keys();
  } catch (cause) {
    throw new VaeError('bad-input', `${where}: the array's memory was transferred away; pass a copy.`, {
      cause,
    });
  }
}

/** True for a typed array, of another frame too, but a DataView or one of big integers. */
function isNumberArray(value: unknown): value is NumberArray {
  // The first is known without its name, which takes longer to ask for than all the rest of a check.
  return value instanceof Float32Array || (ArrayBuffer.isView(value) && !/View|Big/.test(tagOf(value)));
}

function floats(values: NumberArray | readonly number[]): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function fromNested(nested: NestedArray, where: string): Tensor {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > 16) throw new VaeError('bad-input', `${where}: nested deeper than 16 levels.`);
  }
  const data = new Float32Array(sizeOf(shape, where));
  let at = 0;
  const walk = (level: unknown, depth: number): void => {
    if (!Array.isArray(level) || level.length !== shape[depth]) {
      const came = Array.isArray(level) ? `${level.length}` : typeof level;
      throw new VaeError(
        'bad-input',
        `${where}: nested arrays need equal lengths; expected ${shape[depth]} at level ${depth}, got ${came}.`,
      );
    }
    if (depth === shape.length - 1) {
      assertNumbers(level, where);
      for (const value of level) data[at++] = value;
    } else {
      for (const inner of level) walk(inner, depth + 1);
    }
  };
  walk(nested, 0);
  return { data, shape };
}

function assertNumbers(values: readonly unknown[], where: string): asserts values is readonly number[] {
  const bad = values.findIndex((value) => typeof value !== 'number');
  if (bad < 0) return;
  throw new VaeError(
    'bad-input',
    `${where}: element ${bad} is of type ${typeof values[bad]}, expected a number; arrays go in one { data, shape }.`,
  );
}

function notAnArray(input: unknown, where: string): VaeError {
  const came = input === null ? 'null' : ArrayBuffer.isView(input) ? input.constructor.name : typeof input;
  const promised = typeof (input as { then?: unknown } | null)?.then === 'function';
  const text = typeof input === 'string';
  const hint = promised
    ? ' Await it first.'
    : text
      ? " Names of images go where data goes; here that is with from: 'data'."
      : '';
  return new VaeError(
    'bad-input',
    `${where}: expected { data, shape }, a typed array or nested arrays of numbers, got ${promised ? 'a Promise' : came}.${hint}`,
  );
}

function notFinite({ data, shape }: Tensor, index: number, where: string): VaeError {
  return new VaeError(
    'bad-input',
    `${where}: element ${indexText(index, shape)} is ${data[index]}; every value has to be finite.`,
  );
}

/** For a tensor with values outside low..high or that are no numbers: names the first one and its index. */
export function rangeError(tensor: Tensor, low: number, high: number, where: string, hint = ''): VaeError {
  const { data, shape } = tensor;
  const bad = firstOutside(data, low, high);
  if (!Number.isFinite(data[bad])) return notFinite(tensor, bad, where);
  return new VaeError(
    'bad-input',
    `${where}: element ${indexText(bad, shape)} is ${data[bad]}, outside the range ${low} to ${high}.${hint}`,
  );
}

/**
 * Gives a tensor of items a batch axis: [N, ...item] stays, a single item ([...item], or flat with as many
 * elements) becomes [1, ...item]. A size of -1 in `item` stands for any size.
 *
 * @throws VaeError "bad-input" naming both shapes when neither fits
 */
export function asBatch(value: Tensor, item: readonly number[], where: string): Tensor {
  const { data, shape } = value;
  if (fitsItem(shape, item, 1)) return value;
  if (fitsItem(shape, item, 0)) return { data, shape: [1, ...shape] };
  if (data.length === 0 && shape[0] === 0) return noItems(item);
  const open = item.includes(-1);
  const flat = !open && shape.length === 1 && data.length === sizeOf(item, where) && data.length > 0;
  if (flat) return { data, shape: [1, ...item] };
  throw new VaeError(
    'bad-input',
    `${where}: expected shape ${showItem(['N', ...item])} or a single item ${showItem(item)}, got ${show(shape)}.`,
  );
}

/** A batch without items, whose sizes that are open are 0. */
export function noItems(item: readonly number[]): Tensor {
  return { data: new Float32Array(0), shape: [0, ...item.map((size) => Math.max(0, size))] };
}

/** Whether a shape is that of an item behind so many axes. */
function fitsItem(shape: readonly number[], item: readonly number[], axes: 0 | 1): boolean {
  return (
    shape.length === item.length + axes && item.every((size, i) => size === -1 || size === shape[i + axes])
  );
}

/** A shape as text, with the sizes that are open as "any". */
export function showItem(shape: readonly (number | string)[]): string {
  return show(shape.map((size) => (size === -1 ? 'any' : size)));
}

/** How many items a batch has. */
export const countOf = ({ shape }: Tensor): number => shape[0]!;

/** Rows `from` to `to` (exclusive) along the first axis, as a view; a batch itself where these are all of its rows. */
export function rows(batch: Tensor, from: number, to: number): Tensor {
  const { data, shape } = batch;
  if (to - from === shape[0]) return batch;
  const size = sizeOf(shape.slice(1), 'rows');
  return { data: data.subarray(from * size, to * size), shape: [to - from, ...shape.slice(1)] };
}

export function sameShape(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** A shape as text, `[N, 1, 28, 28]`. */
export function show(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

/** Where a flat index lies in a shape, as text: `[0, 3]`. */
export function indexText(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(flat % shape[axis]!);
    flat = Math.floor(flat / shape[axis]!);
  }
  return show(index);
}
