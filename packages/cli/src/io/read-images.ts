import type { VAE } from '@vae/sdk';
import { type Fit, imageTensor } from '@vae/sdk/images';
import type { Tensor } from '@vae/sdk/media';
import { decodeJpeg, decodePng, pngSize } from '@vae/sdk/media';
import { counted, readPlainFile, UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';
import { listInputs } from './list-inputs.js';
import { maximumBytes, type NamedArray, readNpyItems } from './npy.js';

const extensions = ['.png', '.jpg', '.jpeg', '.npy'];

const modelRule = 'the model takes';

export interface ItemBatch {
  /** N C H W in [0, 1]; of a model of other data [N, ...item] in their own units. */
  readonly items: Tensor;
  /** Where each came from: the file, for arrays with `#` and the item. */
  readonly names: string[];
}

/** What a model takes, as `pictureView` gives its `data`. */
export type ModelData = Pick<VAE['data'], 'shape'> & Partial<VAE['data']>;

/** The shape is the model's C, H, W; where one is -1, the first image decides. */
export interface ReadOptions extends ModelData {
  /** What to do with pictures of another size; when left out as in training where the model says how, else refused. */
  readonly fit?: Fit;
  /** Read at most so many. Default: all. */
  readonly count?: number;
  /** Images per batch. Default: 64. */
  readonly batchSize?: number;
  /** Told which pictures in a folder are passed over. */
  readonly onNote?: (text: string) => void;
}

/**
 * Reads PNG, JPEG and NPY files, and folders of them in natural order, in batches, so that a large folder never
 * lies in memory whole. What a file is, its first bytes decide, not its name.
 *
 * A picture of any size becomes what such pictures became in training, where the model says how. Arrays have to have
 * the model's shape; those of a model that normalises its data are in the data's own units.
 *
 * A grey image is repeated for a model with colours; colours become grey by Rec. 601 luma
 * (0.299 R + 0.587 G + 0.114 B). What is transparent becomes black, and a photograph is turned as its EXIF orientation
 * says. Nothing is inverted: models of digits expect white on black.
 *
 * @throws TrainerError for a file that is not there; UsageError naming the file, for one that is no image, or has the wrong size;
 *   VaeError for a damaged one
 */
export async function* readImages(paths: readonly string[], options: ReadOptions): AsyncGenerator<ItemBatch> {
  const { count = Number.POSITIVE_INFINITY, batchSize = 64 } = options;
  let { shape } = options;
  const open = shape.includes(-1);
  let items: NamedArray[] = [];
  let left = count;
  for (const path of await listInputs(paths, extensions, options.onNote)) {
    if (left === 0) break;
    const rule = open && !shape.includes(-1) ? 'the images before have' : modelRule;
    for (const item of await readItems(path, { ...options, shape, rule })) {
      if (left === 0) break;
      left--;
      // Of a model for any size: all images have to be of one, as their results go into one array or grid.
      if (open) shape = item.shape;
      items.push(item);
      if (items.length < batchSize) continue;
      yield toBatch(items, shape);
      items = [];
    }
  }
  if (items.length > 0) yield toBatch(items, shape);
}

/** What an image has to be like, and who says so. */
interface Wanted extends ReadOptions {
  readonly rule: string;
}

async function readItems(path: string, wanted: Wanted): Promise<NamedArray[]> {
  const { shape, fit, preparation } = wanted;
  const [, file = path, item] = /^(.*\.npy)#(\d+)$/i.exec(path) ?? [];
  const bytes = await readPlainFile(file, { maxBytes: maximumBytes });
  const kind = sniff(bytes, file, shape);
  if (kind === 'npy') return readNpyItems(bytes, file, { shape, item, kind: arrayKind(wanted) });
  assertPictures(wanted, file);
  const fitted = fit === undefined ? preparation !== undefined : fit !== 'exact';
  // A small PNG can hold very many pixels; its size is known before they are unpacked.
  if (kind === 'png' && !fitted) assertSize(pngSize(bytes, `"${file}"`), wanted, file);
  const picture = kind === 'png' ? decodePng(bytes, `"${file}"`) : await decodeJpeg(bytes, `"${file}"`);
  if (!fitted) assertSize(picture, wanted, file);
  return [{ name: file, ...imageTensor(picture, { shape, fit, preparation }, `"${file}"`) }];
}

/** Whether numbers have to be those of pixels. Rows in their own units are checked by the model. */
function arrayKind({ kind = 'image', normalize, range }: ReadOptions): 'image' | 'row' {
  if (kind === 'image') return 'image';
  return !normalize && range?.[0] === 0 && range[1] === 1 ? 'image' : 'row';
}

function assertPictures({ shape }: ReadOptions, file: string): void {
  if (shape.length === 3) return;
  throw new UsageError(`"${file}" is a picture, ${notPictures(shape)}.`);
}

const notPictures = (shape: readonly number[]): string =>
  shape.length === 1
    ? `the model takes rows of ${counted(shape[0], 'number')}; give a .csv, .jsonl, .parquet or .npy file`
    : `the model takes arrays of shape [${shape}]; give a .npy file`;

function assertSize(
  picture: { readonly width: number; readonly height: number },
  { shape, rule }: Wanted,
  file: string,
): void {
  const [, height, width] = shape;
  const fits = (size: number, wanted: number | undefined) => wanted === -1 || size === wanted;
  if (!fits(picture.width, width) || !fits(picture.height, height)) {
    const sizes = [width!, height!].map((size) => (size === -1 ? 'any' : size)).join(' × ');
    const fit = rule === modelRule ? 'add --fit cover (or contain, or fill), or ' : '';
    throw new UsageError(
      `"${file}" is ${picture.width} × ${picture.height} pixels, ${rule} ${sizes}; ${fit}scale the image first.`,
    );
  }
}

function toBatch(items: readonly NamedArray[], shape: readonly number[]): ItemBatch {
  const size = sizeOf(shape);
  const data = new Float32Array(items.length * size);
  for (const [index, item] of items.entries()) data.set(item.data, index * size);
  return { items: { data, shape: [items.length, ...shape] }, names: items.map((item) => item.name) };
}

function sniff(bytes: Uint8Array, path: string, shape: readonly number[]): 'png' | 'jpeg' | 'npy' {
  const starts = (...head: number[]) => head.every((byte, index) => bytes[index] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'png';
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return 'npy';
  const [formats, advice] =
    shape.length === 3
      ? ['PNG, JPEG or NPY', 'give an image in one of these formats']
      : ['NPY', 'tables are files that end in .csv, .jsonl or .parquet'];
  throw new UsageError(`"${path}" ${bytes.length === 0 ? 'is empty' : `is no ${formats} file`}; ${advice}.`);
}
