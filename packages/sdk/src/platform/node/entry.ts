import { open, rename } from 'node:fs/promises';
import { readPlainFile } from './file.js';

/** What is known of a kept file; stands beside it as `<name>.json`. An unfinished one has no checksum yet. */
export interface Entry {
  readonly url: string;
  /** ETag or date by which the server knows this version. */
  readonly validator?: string;
  /** How many bytes have certainly reached the disk. */
  readonly bytes: number;
  readonly sha256?: string;
  readonly date?: string;
}

const mostBytes = 2 ** 14;

/** An entry about this address; undefined for none and for what is no entry. */
export async function readEntry(path: string, url: URL): Promise<Entry | undefined> {
  try {
    const text = await readPlainFile(path, { atMost: mostBytes }, { hardLinks: false, limit: mostBytes });
    const entry = JSON.parse(new TextDecoder().decode(text)) as Record<string, unknown>;
    const { url: from, validator, bytes, sha256 } = entry;
    if (from !== url.href || !Number.isSafeInteger(bytes)) return undefined;
    return {
      url: from,
      bytes: bytes as number,
      ...(typeof validator === 'string' && { validator }),
      ...(typeof sha256 === 'string' && { sha256 }),
    };
  } catch {
    return undefined;
  }
}

/** Writes an entry whole or not at all. */
export async function writeEntry(path: string, temporary: string, entry: Entry): Promise<void> {
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(`${JSON.stringify(entry)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
