import { type Zippable, zipSync } from 'fflate';
import { reason, VaeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { assertBytes, nameOf } from './arguments.js';
import { decodeNpy, encodeNpy } from './npy.js';
import { unzip } from './unzip.js';

/** Most bytes all arrays of one archive may have together; larger ones are refused before they are unpacked. */
const maximumBytes = 2 ** 31;

/**
 * Named tensors as the bytes of a NumPy .npz file, stored without compression. Equal tensors give equal bytes.
 *
 * @throws VaeError "bad-input" for what is no tensor, "bad-option" for a name that is empty or holds a slash or backslash
 * @example await writeFile('codes.npz', encodeNpz({ mean, logvar })) // numpy.load('codes.npz')['mean']
 */
export function encodeNpz(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  if (typeof tensors !== 'object' || tensors === null || 'data' in tensors) {
    const came = nameOf(tensors);
    throw new VaeError(
      'bad-input',
      `encodeNpz: expected arrays by name, { name: { data, shape } }, got ${came}.`,
    );
  }
  const files: Zippable = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!/^[^/\\\0]+$/.test(name)) {
      throw new VaeError(
        'bad-option',
        `encodeNpz: '${name}' cannot be a name; it is empty or holds a slash.`,
      );
    }
    files[`${name}.npy`] = encodeNpy(tensor);
  }
  // A fixed date, in local time as the format wants it, so that the same arrays give the same file.
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}

/**
 * Reads a NumPy .npz file (stored or deflated) into its named tensors; see `decodeNpy` for the types.
 *
 * @throws VaeError "bad-file" for bytes that are no archive or do not have their checksum, an entry that is no .npy, or more than 2 GiB of arrays
 * @example decodeNpz(await readFile('codes.npz')).mean
 */
export function decodeNpz(bytes: Uint8Array, where = 'decodeNpz'): Record<string, Tensor> {
  assertBytes(bytes, where);
  let total = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzip(bytes, ({ originalSize }) => {
      total += originalSize;
      if (total > maximumBytes) throw new Error('it unpacks to more than 2 GiB');
      return true;
    });
  } catch (cause) {
    throw new VaeError('bad-file', `${where}: not a readable .npz file: ${reason(cause)}`, { cause });
  }
  const entries = Object.entries(files).map(([file, content]) => {
    const name = file.replace(/\.npy$/, '');
    return [name, decodeNpy(content, `${where} '${name}'`)] as const;
  });
  return Object.fromEntries(entries);
}
