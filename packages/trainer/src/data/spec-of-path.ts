import { readdirSync, statSync } from 'node:fs';
import { extname } from 'node:path';

/** The sources of single files, by the end of their names. */
const byExtension: Readonly<Record<string, string>> = {
  '.npy': 'npy',
  '.npz': 'npz',
  '.csv': 'csv',
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
};

/**
 * A sentence for somebody who gave a path where a source has to stand before it; undefined for what is not there.
 *
 * @example specOfPath('photos') // '"photos" is a folder: did you mean "images:photos"?'
 */
export function specOfPath(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isDirectory()) {
    const sounds = readdirSync(path).some((name) => extname(name).toLowerCase() === '.wav');
    return `"${path}" is a folder: did you mean "${sounds ? 'audio' : 'images'}:${path}"?`;
  }
  const source = byExtension[extname(path).toLowerCase()];
  return source && `"${path}" is a file: did you mean "${source}:${path}"?`;
}
