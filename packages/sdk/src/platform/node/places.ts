import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reason, VaeError } from '../../errors.js';
import { type CacheRules, cachedFolder } from '../../load/cached-folder.js';
import { limitOf, verified } from '../../load/expected.js';
import { assertInside } from '../../load/file-name.js';
import { hubMayFollow, hubModel, hubNameOf, hubOf, isHubSource } from '../../load/hub.js';
import type { ModelFolder, Places } from '../../load/places.js';
import { isLoopback, sender } from '../../load/send.js';
import { type Transfer, type TransferSettings, transferSettings } from '../../load/transfer.js';
import { folderUrl, type Remote, webFolder } from '../../load/web-folder.js';
import { nearest } from '../../nearest.js';
import { shownPath } from '../../shown.js';
import { bundledFolder, bundledNames } from './bundled.js';
import { cacheRoot } from './cache-root.js';
import { diskStore } from './disk-store.js';
import { readPlainFile, withoutLinks } from './file.js';

const manifestName = 'vae.json';

/** Node: models come from folders, bundled names, URLs and the Hugging Face Hub. */
export const places: Places = { openFolder, sha256 };

async function sha256(bytes: Uint8Array): Promise<string> {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Resolves what `VAE.load` was given: an https: or hf: URL, a file: URL, a path that exists (a folder, or its
 * vae.json), or the name of a bundled model. A path that exists wins over a bundled name.
 */
async function openFolder(source: string | URL, transfer?: Transfer): Promise<ModelFolder> {
  const settings = transferSettings(transfer);
  if (isHubSource(source)) return hubFolder(source, settings);
  const url = asUrl(source);
  if (url && url.protocol !== 'file:') return urlFolder(url, settings);
  return verified(await localFolder(url ? pathOf(url) : String(source), settings.maxBytes), sha256);
}

function hubFolder(source: string | URL, settings: TransferSettings): ModelFolder {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env;
  const hub = hubOf(settings.hub, { endpoint, token });
  const send = sender({ fetch: settings.fetch, mayFollow: hubMayFollow(hub), token: hub.token });
  const model = hubModel(source, hub, send);
  return remoteFolder(model, settings, settings.cache ?? true, model);
}

function urlFolder(url: URL, settings: TransferSettings): ModelFolder {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    throw new VaeError(
      'unsupported',
      `${shownPath(url.href)}: only https: and file: URLs can be loaded here, http: ones from this machine (localhost), and ` +
        'hf:owner/name from the Hugging Face Hub.',
    );
  }
  const hubName = hubNameOf(url);
  if (hubName !== undefined) {
    throw new VaeError('unsupported', `${shownPath(url.href)}: a web page of the Hub; load ${hubName}.`);
  }
  const base = folderUrl(url);
  const remote = { where: base.href, base, send: sender({ fetch: settings.fetch }) };
  const folder = createHash('sha256').update(base.href).digest('hex').slice(0, 16);
  const place = ['web', encodeURIComponent(base.host), folder];
  return remoteFolder(remote, settings, settings.cache ?? false, { place, immutable: false });
}

function remoteFolder(
  remote: Remote,
  settings: TransferSettings,
  cache: boolean | string,
  { place, immutable }: { readonly place: readonly string[] } & Pick<CacheRules, 'immutable'>,
): ModelFolder {
  if (cache === false) return verified(webFolder(remote, settings), sha256);
  const root = cacheRoot(cache === true ? undefined : cache);
  const store = diskStore(join(root, ...place), { warn: (text) => warnOnce(root, text) });
  return cachedFolder(remote, settings, { store, sha256, immutable });
}

const warned = new Set<string>();

function warnOnce(root: string, text: string): void {
  if (warned.has(root)) return;
  warned.add(root);
  console.warn(`@vae/sdk: ${text}. Choose another folder with the option cache or the variable VAE_CACHE.`);
}

async function localFolder(path: string, maxBytes: number): Promise<ModelFolder> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return diskFolder(path, maxBytes, false);
  if (found && path.endsWith(manifestName)) return diskFolder(dirname(resolve(path)), maxBytes, false);
  const bundled = await bundledFolder(path);
  if (bundled) return diskFolder(bundled, maxBytes, true);
  throw new VaeError(
    'not-found',
    found
      ? `${shownPath(path)}: neither a model folder nor a ${manifestName}${alone(path)}.`
      : `${shownPath(path)}: no such folder, and no bundled model of that name; ${await advice(path)}.`,
  );
}

/** What to do with one file of a model. */
function alone(path: string): string {
  if (!/\.onnx$/i.test(path)) return '';
  return "; an ONNX file by itself is passed as { encoder: '...' } or { decoder: '...' }";
}

async function advice(path: string): Promise<string> {
  if (/^(https?|file):/i.test(path) && !URL.canParse(path)) return 'as a URL it is not valid';
  const names = await bundledNames();
  const near = nearest(path, names);
  if (near !== undefined) return `did you mean '${near}'? Bundled models are: ${names.join(', ')}`;
  const known =
    names.length > 0 ? `bundled models are: ${names.join(', ')}` : 'this installation bundles no models';
  return /^[\w-]+\/[\w.-]+$/.test(path)
    ? `${known}; a repository of the Hugging Face Hub is hf:${path}`
    : known;
}

/** Bundled models are the package's own files; package managers hard-link those from a store. */
async function diskFolder(path: string, maxBytes: number, bundled: boolean): Promise<ModelFolder> {
  const folder = await realpath(path).catch((cause: unknown) => {
    // The working directory may have been deleted, and '.' is still there.
    throw new VaeError('not-found', `${shownPath(path)}: no such folder.`, { cause });
  });
  return {
    where: path,
    local: true,
    async read(name, expected, signal) {
      signal?.throwIfAborted();
      const { chosen = false } = expected;
      if (!chosen) assertInside(name, path);
      const file = join(folder, name);
      await assertNoLinkedFolder(file);
      const limit = await limitOf(expected, maxBytes, file);
      const bytes = await readPlainFile(file, expected, {
        symbolicLinks: chosen,
        hardLinks: bundled || chosen,
        limit,
      });
      signal?.throwIfAborted();
      return bytes;
    },
  };
}

/** Only the last part of a path is looked at when a file is opened. */
async function assertNoLinkedFolder(file: string): Promise<void> {
  const folder = dirname(file);
  const real = await realpath(folder).catch(() => folder);
  if (real !== folder) {
    throw new VaeError('bad-model', `${folder}: a symbolic link; ${withoutLinks}`);
  }
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new VaeError('not-found', `${shownPath(url.href)}: names no folder here: ${reason(cause)}.`, {
      cause,
    });
  }
}

function asUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  // Two letters or more before the colon: 'C:\models' is a path.
  return /^[a-z][a-z0-9+.-]+:/i.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}
