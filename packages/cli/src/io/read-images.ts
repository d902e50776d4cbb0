import type { Tensor } from '@vae/sdk/media';
import { decodeJpeg, decodePng, pngSize, toTensor } from '@vae/sdk/media';
import { readPlainFile, UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';
import { listInputs } from './list-inputs.js';
import { maximumBytes, type NamedArray, readNpyItems } from './npy.js';

const extensions = ['.png', '.jpg', '.jpeg', '.npy'];

export interface ImageBatch {
  /** N C H W in [0, 1]. */
  readonly images: Tensor;
  /** Where each came from: the file, for arrays with `#` and the item. */
  readonly names: string[];
}

export interface ReadOptions {
  /** The model's C, H, W; an image of another height or width is refused. */
  readonly shape: readonly number[];
  /** Read at most so many. Default: all. */
  readonly count?: number;
  /** Images per batch. Default: 64. */
  readonly batchSize?: number;
}

/**
 * Reads PNG, JPEG and NPY files, and folders of them in natural order, in batches, so that a large folder never
 * lies in memory whole. What a file is, its first bytes decide, not its name.
 *
 * A grey image is repeated for a model with colours; colours become grey by Rec. 601 luma
 * (0.299 R + 0.587 G + 0.114 B). What is transparent becomes black, and a photograph is turned as its EXIF orientation
 * says. Nothing is inverted: models of digits expect white on black.
 *
 * @throws UsageError naming the file, for one that is not there, is no image, or has the wrong size; VaeError for a damaged one
 */
export async function* readImages(
  paths: readonly string[],
  options: ReadOptions,
): AsyncGenerator<ImageBatch> {
  const { shape, count = Number.POSITIVE_INFINITY, batchSize = 64 } = options;
  let items: NamedArray[] = [];
  let left = count;
  for (const path of await listInputs(paths, extensions)) {
    if (left === 0) break;
    for (const item of await readItems(path, shape)) {
      if (left === 0) break;
      left--;
      items.push(item);
      if (items.length < batchSize) continue;
      yield toBatch(items, shape);
      items = [];
    }
  }
  if (items.length > 0) yield toBatch(items, shape);
}

/** Reads one image: a picture file, an NPY file with one item, or `file.npy#3`. */
export async function readImage(path: string, shape: readonly number[]): Promise<Tensor> {
  const batches = [];
  for await (const batch of readImages([path], { shape, count: 2 })) batches.push(batch);
  const [batch] = batches;
  if (batch?.names.length === 1) return batch.images;
  throw new UsageError(`"${path}" holds several images; choose one, such as "${path}#0" or a picture file.`);
}

async function readItems(path: string, shape: readonly number[]): Promise<NamedArray[]> {
  const [, file = path, item] = /^(.*\.npy)#(\d+)$/i.exec(path) ?? [];
  const bytes = await readPlainFile(file, { maxBytes: maximumBytes });
  const kind = sniff(bytes, file);
  if (kind === 'npy') return readNpyItems(bytes, file, { shape, item, kind: 'image' });
  // A small PNG can hold very many pixels; its size is known before they are unpacked.
  if (kind === 'png') assertSize(pngSize(bytes, `"${file}"`), shape, file);
  const picture = kind === 'png' ? decodePng(bytes, `"${file}"`) : await decodeJpeg(bytes, `"${file}"`);
  assertSize(picture, shape, file);
  return [{ name: file, data: toTensor(picture, shape[0]).data }];
}

function assertSize(
  picture: { width: number; height: number },
  shape: readonly number[],
  file: string,
): void {
  const [, height, width] = shape;
  if (shape.length !== 3) {
    throw new UsageError(
      `"${file}" is a picture, the model takes arrays of shape [${shape}]; give a .npy file.`,
    );
  }
  if (picture.width !== width || picture.height !== height) {
    throw new UsageError(
      `"${file}" is ${picture.width} × ${picture.height} pixels, the model takes ${width} × ${height}; scale the image first.`,
    );
  }
}

function toBatch(items: readonly NamedArray[], shape: readonly number[]): ImageBatch {
  const size = sizeOf(shape);
  const data = new Float32Array(items.length * size);
  for (const [index, item] of items.entries()) data.set(item.data, index * size);
  return { images: { data, shape: [items.length, ...shape] }, names: items.map((item) => item.name) };
}

function sniff(bytes: Uint8Array, path: string): 'png' | 'jpeg' | 'npy' {
  const starts = (...head: number[]) => head.every((byte, index) => bytes[index] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'png';
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return 'npy';
  const what = bytes.length === 0 ? 'is empty' : 'is no PNG, JPEG or NPY file';
  throw new UsageError(`"${path}" ${what}; give an image in one of these formats.`);
}
