import { VaeError } from '../../errors.js';
import { verified } from '../../load/expected.js';
import type { ModelFolder, Places } from '../../load/places.js';
import { pageSender } from '../../load/send.js';
import { type TransferSettings, transferSettings } from '../../load/transfer.js';
import { folderUrl, type Remote, webFolder } from '../../load/web-folder.js';
import type { PageCaches } from './page-store.js';

const cacheName = 'vae-models';

/** Browsers: models come from URLs and the Hugging Face Hub. */
export const places: Places = {
  async openFolder(source, transfer) {
    const settings = transferSettings(transfer);
    if (/^hf:/i.test(String(source))) {
      const { hubModel, hubOf } = await import('../../load/hub.js');
      const hub = hubOf(settings.hub);
      const model = hubModel(source, hub, pageSender({ fetch: settings.fetch, token: hub.token }));
      return remoteFolder(model, settings, settings.cache ?? true, model.immutable);
    }
    const base = folderUrl(await toUrl(source));
    const remote = { where: base.href, base, send: pageSender({ fetch: settings.fetch }) };
    return remoteFolder(remote, settings, settings.cache ?? false, false);
  },
  sha256,
};

async function remoteFolder(
  remote: Remote,
  settings: TransferSettings,
  cache: boolean | string,
  immutable: boolean,
): Promise<ModelFolder> {
  const caches = cache === false ? undefined : pageCaches();
  if (!caches) return verified(webFolder(remote, settings), sha256);
  const name = cache === true ? cacheName : String(cache);
  const { cachedFolder } = await import('../../load/cached-folder.js');
  const { pageStore } = await import('./page-store.js');
  const store = pageStore({ caches, name, sha256, warn });
  return cachedFolder(remote, settings, { store, sha256, immutable });
}

/** Browsers offer Cache Storage on secure pages only, and throw when a page may not have it. */
function pageCaches(): PageCaches | undefined {
  try {
    return (globalThis as { caches?: PageCaches }).caches;
  } catch {
    return undefined;
  }
}

let warned = false;

function warn(text: string): void {
  if (!warned) console.warn(`@vae/sdk: ${text}.`);
  warned = true;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
    : (await import('./sha256.js')).sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Absolute URLs, and paths beginning with '/', './' or '../', which are taken relative to the page, as fetch does. */
async function toUrl(source: string | URL): Promise<URL> {
  const text = String(source);
  const page = /^\.{0,2}\//.test(text) ? pageUrl() : undefined;
  const url = URL.canParse(text, page) ? new URL(text, page) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  const { notAUrl } = await import('./not-a-url.js');
  throw new VaeError('unsupported', notAUrl(text, page));
}

/** Where paths of a page start; a worker has no document. */
function pageUrl(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI: string };
    location?: { href: string };
  };
  return document?.baseURI ?? location?.href;
}
