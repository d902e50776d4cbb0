import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TrainerError } from '../errors.js';
import { cacheRoot } from '../files/cache-root.js';
import { counted } from '../text/counted.js';
import {
  checkRead,
  type DataSource,
  type Dataset,
  type OpenOptions,
  type Split,
  writeGreys,
} from './dataset.js';
import { fetchCached } from './download.js';
import { type IdxArray, readIdx } from './idx.js';
import { parseArgument } from './spec.js';

/** The four files of MNIST and of the data sets that took over its form. */
const FILES = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'] as const;
type File = (typeof FILES)[number];

const SIDE = 28;
/** The largest of these data sets, Fashion-MNIST, has 26 MB of packed training images. */
const MAX_DOWNLOAD_BYTES = 2 ** 26;

/** What tells one data set of this form from another. */
export interface MnistFormat {
  readonly name: string;
  readonly summary: string;
  readonly classes: readonly string[];
  /** Addresses of folders with the four packed files, each ending in a slash. */
  readonly mirrors: readonly string[];
  /** SHA-256 of each packed file. */
  readonly sha256: Readonly<Record<File, string>>;
}

/**
 * A data set of 28×28 grey images in four IDX files, from a folder given as the argument or else downloaded and cached.
 *
 * Pixels stay bytes in memory (47 MB for 60,000 images) and become byte / 255 when read.
 *
 * @example export const mnist = mnistFormat({ name: 'mnist', classes, mirrors, sha256, … })
 */
export function mnistFormat(format: MnistFormat): DataSource {
  const { name, summary } = format;
  return {
    summary,
    usage: `${name}[:DIR], DIR a folder with the four IDX files, packed or not; without it they are downloaded once`,
    shape: () => [1, SIDE, SIDE],
    async open(argument, options): Promise<Dataset> {
      const { path: folder } = parseArgument(name, argument, {});
      const paths = folder === undefined ? await download(format, options) : find(format, folder);
      options.signal?.throwIfAborted();
      return {
        name,
        kind: 'image',
        shape: [1, SIDE, SIDE],
        classes: format.classes,
        train: await readSplit(format, paths['train-images-idx3'], paths['train-labels-idx1']),
        test: await readSplit(format, paths['t10k-images-idx3'], paths['t10k-labels-idx1']),
        source:
          folder === undefined
            ? `downloaded from ${format.mirrors[0]}, SHA-256 checked`
            : `files in ${folder}`,
      };
    },
  };
}

type Paths = Record<File, string>;

async function download(format: MnistFormat, options: OpenOptions): Promise<Paths> {
  const folder = join(cacheRoot(options.cacheDir), format.name);
  const advice = `Without a network, download ${FILES.map(packedName).join(', ')} elsewhere into one folder and pass ${format.name}:DIR.`;
  const paths = {} as Paths;
  for (const file of FILES) {
    const remote = {
      file: packedName(file),
      mirrors: format.mirrors,
      sha256: format.sha256[file],
      maxBytes: MAX_DOWNLOAD_BYTES,
    };
    paths[file] = await fetchCached(remote, folder, { ...options, advice });
  }
  return paths;
}

function packedName(file: File): string {
  return `${file}-ubyte.gz`;
}

/** The four files in a folder, under the spellings that are about: `train-images-idx3-ubyte` and `train-images.idx3-ubyte`. */
function find(format: MnistFormat, folder: string): Paths {
  const paths = {} as Paths;
  const missing: string[] = [];
  for (const file of FILES) {
    const plain = [`${file}-ubyte`, `${file.replace('-idx', '.idx')}-ubyte`];
    const names = [...plain, ...plain.map((name) => `${name}.gz`)];
    const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found === undefined) missing.push(`${file}-ubyte[.gz]`);
    else paths[file] = found;
  }
  if (missing.length > 0) {
    throw new TrainerError(
      'bad-file',
      `${format.name}: the folder ${folder} lacks ${missing.join(', ')}. Put the four IDX files there, or leave the folder out to download them.`,
    );
  }
  return paths;
}

async function readSplit(format: MnistFormat, imagePath: string, labelPath: string): Promise<Split> {
  const images = await readIdx(imagePath);
  const labels = await readIdx(labelPath);
  checkImages(imagePath, images);
  checkLabels(format, imagePath, images, labelPath, labels);
  const itemSize = SIDE * SIDE;
  const size = images.dims[0];
  return {
    size,
    label: (index) => labels.data[index],
    read(indices, out) {
      checkRead(imagePath, indices, size, itemSize, out);
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] * itemSize;
        writeGreys(images.data.subarray(from, from + itemSize), out, i * itemSize);
      }
    },
  };
}

function checkImages(path: string, { dims }: IdxArray): void {
  if (dims.length !== 3 || dims[1] !== SIDE || dims[2] !== SIDE) {
    throw new TrainerError(
      'bad-data',
      `${path}: holds ${dims.join('×')} bytes, expected images of ${SIDE}×${SIDE}: N×${SIDE}×${SIDE}.`,
    );
  }
}

function checkLabels(
  format: MnistFormat,
  imagePath: string,
  images: IdxArray,
  labelPath: string,
  labels: IdxArray,
): void {
  if (labels.dims.length !== 1) {
    throw new TrainerError(
      'bad-data',
      `${labelPath}: holds ${labels.dims.join('×')} bytes, expected one label per image: N.`,
    );
  }
  if (labels.dims[0] !== images.dims[0]) {
    throw new TrainerError(
      'bad-data',
      `${labelPath}: ${counted(labels.dims[0], 'label')}, but ${imagePath} has ${counted(images.dims[0], 'image')}; the files do not belong together.`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= format.classes.length);
  if (wrong >= 0) {
    throw new TrainerError(
      'bad-data',
      `${labelPath}: label ${wrong} is ${labels.data[wrong]}, ${format.name} has labels 0 to ${format.classes.length - 1}.`,
    );
  }
}
