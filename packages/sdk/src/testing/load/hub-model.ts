import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Transfer } from '../../load/transfer.js';
import { places } from '../../platform/node/places.js';
import { type FileServer, type Listener, serveFile, testBytes } from './file-server.js';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The one file that the model has, under every name. */
export const bytes = testBytes(50_000);
export const expected = { exactly: bytes.length, sha256: sha256(bytes) };
export const etag = '"v1"';

export const good: Listener = (request, response) => serveFile(request, response, { bytes, etag });

let root: string;

/**
 * Gives each test of a file a folder; the Hub's files are kept there. Called before `fileServers`: what is called last
 * is cleared up first, and the servers close before the folder goes.
 */
export function useFolder(): void {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vae-cache-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
}

export const at = (...path: string[]) => join(root, ...path);

/** A model on a server that stands for the Hub. */
export function hub(server: FileServer, source = 'hf:ada/digits', options: Transfer = {}) {
  return places.openFolder(source, {
    cache: root,
    ...options,
    hub: { endpoint: server.url, ...options.hub },
  });
}

/** All files in the folder, by their path. */
export async function cached(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
