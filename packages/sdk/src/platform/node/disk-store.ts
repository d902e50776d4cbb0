import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FileStore } from '../../load/file-store.js';
import { DiskPart, type DiskPartOptions } from './disk-part.js';
import { readEntry } from './entry.js';
import { readPlainFile } from './file.js';

/**
 * Files kept in a folder. A file appears under its name only when it is whole, and is used only when it agrees with
 * the entry beside it, so that neither a crash nor two processes at once can do harm.
 */
export function diskStore(folder: string, options: DiskPartOptions): FileStore {
  return {
    async get(name, url, limit) {
      const path = join(folder, name);
      const entry = await readEntry(`${path}.json`, url);
      if (!entry?.sha256 || entry.bytes > limit) return undefined;
      const size = { exactly: entry.bytes };
      const bytes = await readPlainFile(path, size, { hardLinks: false, limit }).catch(() => undefined);
      if (!bytes || createHash('sha256').update(bytes).digest('hex') !== entry.sha256) return undefined;
      return { bytes, validator: entry.validator, sha256: entry.sha256 };
    },
    begin: (name, url, limit) => DiskPart.begin(join(folder, name), url, limit, options),
  };
}
