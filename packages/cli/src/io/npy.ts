import { decodeNpy, type Tensor } from '@vae/sdk/media';
import { UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';

/** The largest input file that is read: 2 GiB. */
export const maximumBytes = 2 ** 31;

/** One item of an input and where it came from. */
export interface NamedArray {
  readonly name: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface NpyOptions {
  /** Shape of one item; -1 is any size. */
  readonly shape: readonly number[];
  /** Only this item, as written after the `#`. */
  readonly item?: string;
  /** Images must lie in [0, 1], or be bytes, which are divided by 255; rows and latents must be finite. */
  readonly kind: 'image' | 'row' | 'latent';
}

/**
 * The items of an NPY file: one item, or items along a first axis; an image's axis of one channel may be left out.
 *
 * @throws UsageError naming the file, for another shape or a value out of range; VaeError for a damaged file
 */
export function readNpyItems(bytes: Uint8Array, path: string, options: NpyOptions): NamedArray[] {
  const array = decodeNpy(bytes, `"${path}"`);
  if (options.kind !== 'image' || !holdsBytes(bytes)) return itemsOf(array, path, options);
  return itemsOf({ data: array.data.map((byte) => byte / 255), shape: array.shape }, path, options);
}

/** The items of an array, checked as `readNpyItems` says. */
export function itemsOf(array: Tensor, path: string, { shape, item, kind }: NpyOptions): NamedArray[] {
  const found = itemCount(array.shape, shape);
  if (found === undefined) {
    const sizes = showSizes(shape);
    const rule = `[${sizes}] or [N,${sizes}]`;
    const advice = endsInChannels(array.shape, shape)
      ? ` Channels that come last: "npy:${path}?layout=hwc".`
      : '';
    throw new UsageError(
      `"${path}" has the shape [${array.shape}], the model takes ${kind}s of shape ${rule}.${advice}`,
    );
  }
  const { count, size } = found;
  if (count === 0) throw new UsageError(`"${path}" holds no ${kind}; its shape is [${array.shape}].`);
  if (item !== undefined && Number(item) >= count) {
    throw new UsageError(`"${path}" has no item ${item}; its items are numbered 0 to ${count - 1}.`);
  }
  const wanted = item === undefined ? Array.from({ length: count }, (_, index) => index) : [Number(item)];
  return wanted.map((index) => {
    const name = `${path}#${index}`;
    const data = array.data.subarray(index * sizeOf(size), (index + 1) * sizeOf(size));
    const wrong = data.find(
      (value) => !(kind === 'image' ? value >= 0 && value <= 1 : Number.isFinite(value)),
    );
    if (wrong === undefined) return { name, data, shape: size };
    const rule = kind === 'image' ? 'numbers from 0 to 1 or bytes from 0 to 255' : 'finite numbers';
    throw new UsageError(`"${name}" holds the value ${wrong}; expected ${rule}.`);
  });
}

/** Whether the items of an array are the model's images with their channels last. */
function endsInChannels(
  array: readonly number[],
  [channels, height, width, ...more]: readonly number[],
): boolean {
  return (
    array.length === 4 && more.length === 0 && array.slice(1).join() === [height, width, channels].join()
  );
}

/** Whether the array is one of bytes; the decoder gives float32 whatever the file's type. */
function holdsBytes(bytes: Uint8Array): boolean {
  return /['"]descr['"]\s*:\s*['"]\|u1['"]/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 1024)));
}

/** A shape as text, with the sizes that are open as "any". */
export function showSizes(shape: readonly number[]): string {
  return shape.map((size) => (size === -1 ? 'any' : size)).join();
}

/** How many items of shape `item` an array holds, and their shape; undefined when its shape does not fit. */
function itemCount(
  array: readonly number[],
  item: readonly number[],
): { readonly count: number; readonly size: readonly number[] } | undefined {
  const fits = (given: readonly number[], wanted: readonly number[]) =>
    given.length === wanted.length && wanted.every((n, i) => n === -1 || n === given[i]);
  // An axis of one channel may be left out.
  const forms = item.length > 1 && item[0] === 1 ? [item, item.slice(1)] : [item];
  for (const form of forms) {
    const left = item.slice(0, item.length - form.length);
    if (fits(array, form)) return { count: 1, size: [...left, ...array] };
    if (fits(array.slice(1), form)) return { count: array[0], size: [...left, ...array.slice(1)] };
  }
  return undefined;
}
