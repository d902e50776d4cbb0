import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TrainerError } from '../errors.js';
import { cacheRoot } from '../files/cache-root.js';
import { readPlainFile } from '../files/read-plain-file.js';
import {
  checkRead,
  type DataSource,
  type Dataset,
  type OpenOptions,
  type Split,
  writeGreys,
} from './dataset.js';
import { fetchCached, type Remote } from './download.js';
import { parseArgument } from './spec.js';

/** One label, then 1024 bytes each of red, green and blue. */
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;
const RECORDS_PER_FILE = 10_000;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const TEST_FILE = 'test_batch.bin';
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const TAR_BLOCK = 512;

/** Checksum as TensorFlow Datasets has it. */
const ARCHIVE: Remote = {
  file: 'cifar-10-binary.tar.gz',
  mirrors: ['https://www.cs.toronto.edu/~kriz/'],
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  maxBytes: 2 ** 28,
};

/**
 * A source of CIFAR-10 in its binary version, from a folder or else downloaded and cached.
 *
 * @param archive where it is fetched, and how many records its files have; other ones for tests
 */
export function cifarFormat(archive = ARCHIVE, recordsPerFile = RECORDS_PER_FILE): DataSource {
  return {
    summary: 'small photographs of ten kinds, 170 MB download, cached',
    usage: 'cifar10[:DIR], DIR a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin',
    shape: () => [3, 32, 32],
    async open(argument, options): Promise<Dataset> {
      const { path: folder } = parseArgument('cifar10', argument, {});
      const bytes =
        folder === undefined ? await fetched(archive, recordsPerFile, options) : await inFolder(folder);
      options.signal?.throwIfAborted();
      return {
        name: 'cifar10',
        kind: 'image',
        shape: [3, 32, 32],
        classes: CLASSES,
        train: splitOf(
          'cifar10/train',
          TRAIN_FILES.map((name) => [name, bytes.get(name)!]),
        ),
        test: splitOf('cifar10/test', [[TEST_FILE, bytes.get(TEST_FILE)!]]),
        source:
          folder === undefined
            ? `downloaded from ${archive.mirrors[0]}, SHA-256 checked`
            : `files in ${folder}`,
      };
    },
  };
}

/**
 * Photographs of ten kinds of things: 50,000 training and 10,000 test images, 32×32, in colour.
 *
 * @see Krizhevsky 2009, "Learning multiple layers of features from tiny images"
 */
export const cifar10 = cifarFormat();

async function inFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const missing: string[] = [];
  for (const name of [...TRAIN_FILES, TEST_FILE]) {
    const path = join(folder, name);
    if (existsSync(path)) found.set(name, await readPart(path));
    else missing.push(name);
  }
  if (missing.length === 0) return found;
  throw new TrainerError(
    'bad-file',
    `cifar10: the folder ${folder} lacks ${missing.join(', ')}. Unpack cifar-10-binary.tar.gz there, or leave the folder out to download it.`,
  );
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readPlainFile(path, { maxBytes: 2 ** 28 });
  } catch (error) {
    throw new TrainerError('bad-file', (error as Error).message, { cause: error });
  }
}

async function fetched(
  archive: Remote,
  recordsPerFile: number,
  options: OpenOptions,
): Promise<Map<string, Uint8Array>> {
  const advice = `Without a network, unpack ${archive.file} elsewhere and pass cifar10:DIR.`;
  const path = await fetchCached(archive, join(cacheRoot(options.cacheDir), 'cifar10'), {
    ...options,
    advice,
  });
  const found = await unpack(path, recordsPerFile * RECORD);
  const missing = [...TRAIN_FILES, TEST_FILE].filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new TrainerError('bad-file', `${path}: the archive lacks ${missing.join(', ')}.`);
}

/**
 * The wanted files of a packed tar archive. Its content is known by its checksum, so only what such archives hold is understood:
 * a block with name and size (octal) in front of each file.
 *
 * @see POSIX.1-1988, "ustar interchange format"
 */
async function unpack(path: string, maxFileBytes: number): Promise<Map<string, Uint8Array>> {
  const tar = await gunzipped(path, 8 * (maxFileBytes + 2 * TAR_BLOCK));
  const found = new Map<string, Uint8Array>();
  for (let at = 0; at + TAR_BLOCK <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const [name, size] = [basename(field(0, 100)), Number.parseInt(field(124, 12), 8)];
    at += TAR_BLOCK;
    if (!(size >= 0 && at + size <= tar.length)) {
      throw new TrainerError('bad-file', `${path}: damaged archive: ${name} ends after it.`);
    }
    if (TRAIN_FILES.includes(name) || name === TEST_FILE) found.set(name, tar.subarray(at, at + size));
    at += Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  return found;
}

async function gunzipped(path: string, maxOutputLength: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(await readPart(path), { maxOutputLength });
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    throw new TrainerError('bad-file', `${path}: damaged gzip data (${(cause as Error).message}).`, {
      cause,
    });
  }
}

function splitOf(name: string, files: readonly (readonly [name: string, bytes: Uint8Array])[]): Split {
  for (const [file, bytes] of files) check(file, bytes);
  const perFile = files[0][1].length / RECORD;
  if (files.some(([, { length }]) => length !== perFile * RECORD)) {
    throw new TrainerError(
      'bad-data',
      `${name}: the files have different lengths; they do not belong together.`,
    );
  }
  const size = perFile * files.length;
  const record = (index: number) => {
    const from = (index % perFile) * RECORD;
    return files[Math.floor(index / perFile)][1].subarray(from, from + RECORD);
  };
  return {
    size,
    label: (index) => record(index)[0],
    read(indices, out) {
      checkRead(name, indices, size, PIXELS, out);
      for (let i = 0; i < indices.length; i++) {
        writeGreys(record(indices[i]).subarray(1), out, i * PIXELS);
      }
    },
  };
}

function check(file: string, bytes: Uint8Array): void {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new TrainerError(
      'bad-data',
      `${file}: holds ${bytes.length} bytes, expected a multiple of ${RECORD}, one label and 3×32×32 bytes for each image.`,
    );
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at] < CLASSES.length) continue;
    throw new TrainerError(
      'bad-data',
      `${file}: label ${at / RECORD} is ${bytes[at]}, cifar10 has labels 0 to 9.`,
    );
  }
}
