import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { fileError, UsageError } from '@vae/trainer/terminal';

/** What an output path asks for: a file of that format, or a folder with one PNG per item. */
export type OutputFormat = 'png' | 'gif' | 'npy' | 'npz' | 'json' | 'csv' | 'folder';

/**
 * The format that the extension of an output path stands for. No extension, a slash at the end, or a folder
 * that is there already means a folder.
 *
 * @throws UsageError for a format that the command does not write
 * @example outputFormat('walk.gif', ['png', 'gif']) // 'gif'
 */
export function outputFormat<T extends OutputFormat>(path: string, allowed: readonly T[]): T {
  const isFolder = /[/\\]$/.test(path) || isExistingFolder(path);
  const extension = isFolder ? '' : extname(path).slice(1).toLowerCase();
  const format = allowed.find((candidate) => candidate === (extension === '' ? 'folder' : extension));
  if (format !== undefined && path !== '-' && path !== '') return format;
  const files = allowed.filter((candidate) => candidate !== 'folder').map((candidate) => `.${candidate}`);
  const rule = `end it in ${files.join(', ')}${allowed.includes('folder' as T) ? ', or in / for a folder' : ''}`;
  throw new UsageError(`-o "${path}" names no format that can be written here; ${rule}.`);
}

function isExistingFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}
