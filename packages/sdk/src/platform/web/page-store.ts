import { reason } from '../../errors.js';
import type { FileStore } from '../../load/file-store.js';

/** What is used of Cache Storage. */
export interface PageCaches {
  open(name: string): Promise<PageCache>;
}

export interface PageCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

export interface PageStoreOptions {
  readonly caches: PageCaches;
  /** Name of the cache. */
  readonly name: string;
  readonly sha256: (bytes: Uint8Array) => Promise<string>;
  /** Told that a file cannot be kept, and why. */
  readonly warn: (text: string) => void;
}

const digestHeader = 'x-vae-sha256';

/** Files kept in a browser's Cache Storage, each under its address, with ETag and checksum as headers. */
export function pageStore({ caches, name, sha256, warn }: PageStoreOptions): FileStore {
  return {
    async get(_, url, limit) {
      try {
        const cache = await caches.open(name);
        const response = await cache.match(url.href);
        const digest = response?.headers.get(digestHeader);
        if (!response || !digest || Number(response.headers.get('content-length')) > limit) return undefined;
        const bytes = new Uint8Array(await response.arrayBuffer());
        if ((await sha256(bytes)) !== digest) return undefined;
        return { bytes, validator: response.headers.get('etag') ?? undefined, sha256: digest };
      } catch {
        // A page without the right to store anything works without.
        return undefined;
      }
    },

    async begin(_, url) {
      return {
        async restart() {},
        async write() {},
        async end() {},
        async keep({ bytes, validator, sha256: digest }) {
          const headers = {
            'content-length': String(bytes.length),
            'content-type': 'application/octet-stream',
            [digestHeader]: digest,
            ...(validator !== undefined && { etag: validator }),
          };
          try {
            const cache = await caches.open(name);
            await cache.put(url.href, new Response(bytes as Uint8Array<ArrayBuffer>, { headers }));
          } catch (error) {
            warn(`${url.href} cannot be kept for the next time: ${reason(error).replace(/\.$/, '')}`);
          }
        },
      };
    },
  };
}
