import { createHash } from 'node:crypto';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reason, VaeError } from '../../errors.js';
import { webFolder } from '../../load/download.js';
import type { ModelFolder, Places } from '../../load/places.js';
import { bundledFolder, bundledNames } from './bundled.js';
import { readPlainFile } from './file.js';

const manifestName = 'vae.json';

/** Node: models come from folders, bundled names and https URLs. */
export const places: Places = {
  openFolder,
  sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
};

/**
 * Resolves what `VAE.load` was given: an https URL, a file: URL, a path that exists (a folder, or its vae.json), or
 * the name of a bundled model. A path that exists wins over a bundled name.
 */
async function openFolder(source: string | URL): Promise<ModelFolder> {
  const url = asUrl(source);
  if (url && url.protocol !== 'file:') {
    if (url.protocol === 'https:') return webFolder(url, 'error');
    throw new VaeError('unsupported', `${url.href}: only https: and file: URLs can be loaded here.`);
  }
  const path = url ? pathOf(url) : String(source);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return diskFolder(path, false);
  if (found && path.endsWith(manifestName)) return diskFolder(dirname(resolve(path)), false);
  const bundled = await bundledFolder(path);
  if (bundled) return diskFolder(bundled, true);
  const names = await bundledNames();
  const known =
    names.length > 0 ? `bundled models are: ${names.join(', ')}` : 'this installation bundles no models';
  throw new VaeError(
    'not-found',
    found
      ? `${path}: neither a model folder nor a ${manifestName}.`
      : `${path}: no such folder, and no bundled model of that name; ${known}.`,
  );
}

/** Bundled models are the package's own files; package managers hard-link those from a store. */
async function diskFolder(path: string, bundled: boolean): Promise<ModelFolder> {
  const folder = await realpath(path);
  await access(join(folder, manifestName)).catch((cause) => {
    throw new VaeError('not-found', `${path}: has no ${manifestName}, so it is no model folder.`, { cause });
  });
  return {
    where: path,
    local: true,
    read: (name, size, signal) => {
      signal?.throwIfAborted();
      return readPlainFile(join(folder, name), size, { hardLinks: bundled });
    },
  };
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new VaeError('not-found', `${url.href}: names no folder here: ${reason(cause)}.`, { cause });
  }
}

function asUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  // Two letters or more before the colon: 'C:\models' is a path.
  return /^[a-z][a-z0-9+.-]+:/i.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}
