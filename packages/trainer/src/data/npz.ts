import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import { readPlainFile } from '../files/read-plain-file.js';
import { nearest } from '../text/nearest.js';
import type { DataSource } from './dataset.js';
import { parseArgument, text } from './spec.js';
import { nameOf } from './spec-options.js';
import { listed, shortened } from './tables/listed.js';
import { type NpyTable, npyLabels, npyTableOf } from './tables/npy-table.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const npzOptions = { label: text, ...tableOptions };
/** Of the archive, and of an array in it. */
const MAX_BYTES = 2 ** 31 - 1;
/** Deflate makes no more of a byte. */
const MAX_RATIO = 1032;

/**
 * An array in a NumPy archive; see `npy`. The archive is read into memory, 2 GiB at most; larger arrays go into a .npy file.
 *
 * @example await npz.open('mnist.npz#x_train?label=y_train', { seed: 0 })
 */
export const npz: DataSource = {
  summary: 'an array in a NumPy archive',
  usage: 'npz:FILE[#NAME][?label=NAME]; #NAME may be left out where there is one array',
  options: npzOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('npz', argument, npzOptions);
    if (path === undefined) throw new TrainerError('bad-option', 'npz: name a file, such as npz:data.npz#x.');
    const { file, name } = splitName(path);
    const archive = await readArchive(file);
    const origin = {
      name: nameOf('npz', path, query),
      source: `an array in ${basename(file)}`,
      openTest: (other: string) => openArray(other, archive, file),
    };
    const table = await arrayOf(archive, file, name);
    const labels = chosen.label && (await npyLabels(await arrayOf(archive, file, chosen.label), table));
    return tableDataset({ ...table, ...(labels && { labels }) }, origin, chosen, options);
  },
};

/** The name stands behind the last `#`. */
function splitName(path: string): { file: string; name: string | undefined } {
  const at = path.lastIndexOf('#');
  return at < 0
    ? { file: path, name: undefined }
    : { file: path.slice(0, at), name: path.slice(at + 1) || undefined };
}

/** `test=FILE#NAME`, or `test=#NAME` for another array of the same archive. */
async function openArray(path: string, archive: Uint8Array, own: string): Promise<Table> {
  const { file, name } = splitName(path);
  return file === '' ? arrayOf(archive, own, name) : arrayOf(await readArchive(file), file, name);
}

async function readArchive(file: string): Promise<Uint8Array> {
  try {
    return await readPlainFile(file, { maxBytes: MAX_BYTES });
  } catch (error) {
    const advice = /more than the/.test((error as Error).message)
      ? ' Save the array with numpy.save; npy: reads it piece by piece.'
      : '';
    throw new TrainerError('bad-file', `${(error as Error).message}${advice}`, { cause: error });
  }
}

async function arrayOf(archive: Uint8Array, file: string, wanted: string | undefined): Promise<NpyTable> {
  const { unzip } = await import('@vae/sdk/media');
  const names: string[] = [];
  const unpack = (member: string | undefined): Record<string, Uint8Array> => {
    try {
      return unzip(archive, ({ name, size, originalSize }) => {
        if (member === undefined) names.push(name.replace(/\.npy$/, ''));
        if (name !== member) return false;
        if (originalSize > Math.min(MAX_BYTES, MAX_RATIO * size + MAX_RATIO)) {
          throw new Error(`${name} claims to unpack from ${size} to ${originalSize} bytes`);
        }
        return true;
      });
    } catch (cause) {
      const reason = (cause as Error).message ?? String(cause);
      throw new TrainerError('bad-file', `${file}: not a readable .npz file (${reason}).`, { cause });
    }
  };
  unpack(undefined);
  const name = choose(names, file, wanted);
  const bytes = unpack(`${name}.npy`)[`${name}.npy`];
  if (bytes) return npyTableOf(bytes, `${file}#${name}`);
  throw new TrainerError('bad-file', `${file}: ${name} is no .npy array.`);
}

function choose(names: readonly string[], file: string, wanted: string | undefined): string {
  const known = listed(names);
  if (wanted === undefined) {
    if (names.length === 1) return names[0];
    const what =
      names.length === 0 ? 'there is no array in it' : `it holds ${known}; name one of them behind a "#"`;
    throw new TrainerError('bad-option', `${file}: ${what}.`);
  }
  if (names.includes(wanted)) return wanted;
  const best = nearest(wanted, names);
  throw new TrainerError(
    'bad-option',
    `${file}: there is no array "${wanted}". ${best ? `Did you mean "${shortened(best)}"? ` : ''}It holds ${known || 'none'}.`,
  );
}
