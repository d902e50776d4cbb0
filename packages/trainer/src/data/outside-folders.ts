import { basename } from 'node:path';
import { shortened } from './tables/listed.js';

/**
 * Why there are no classes, where files lie beside the folders that would be.
 *
 * @param noun what a file is called
 * @param files those outside, one at least
 * @param folders how many of those there are
 * @example describeOutside('image', ['a/b.png'], 9) // '1 image lies outside the 9 folders (b.png), so there are no classes'
 */
export function describeOutside(noun: string, files: readonly string[], folders: number): string {
  const what = files.length === 1 ? `1 ${noun} lies` : `${files.length} ${noun}s lie`;
  const names = shortened(basename(files[0])) + (files.length > 1 ? ', …' : '');
  return `${what} outside the ${folders === 1 ? 'folder' : `${folders} folders`} (${names}), so there are no classes`;
}
