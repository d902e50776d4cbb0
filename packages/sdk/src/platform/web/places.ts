import { VaeError } from '../../errors.js';
import { webFolder } from '../../load/download.js';
import type { Places } from '../../load/places.js';

/** Browsers: models come from URLs. */
export const places: Places = {
  async openFolder(source) {
    return webFolder(toUrl(source), 'follow');
  },

  async sha256(bytes) {
    if (!globalThis.crypto?.subtle) {
      throw new VaeError(
        'unsupported',
        'Checksums need crypto.subtle, which browsers offer on https pages only.',
      );
    }
    const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
};

/** Absolute URLs, and paths beginning with '/', './' or '../', which are taken relative to the page. */
function toUrl(source: string | URL): URL {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const text = String(source);
  const relative = /^\.{0,2}\//.test(text);
  const url = URL.canParse(text) ? new URL(text) : relative && page ? new URL(text, page) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new VaeError(
      'unsupported',
      `'${text}': a browser loads models from http(s) URLs (or paths beginning with '/' or './'), or from bytes ` +
        'given as { manifest, encoder, decoder }; folders and bundled names work in Node.',
    );
  }
  return url;
}
