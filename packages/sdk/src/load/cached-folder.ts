import { type Download, download, isUnreachable } from './download.js';
import { assertSha256, limitOf } from './expected.js';
import { assertInside } from './file-name.js';
import type { FileStore, Kept } from './file-store.js';
import type { Expected, ModelFolder } from './places.js';
import { ProgressReport } from './progress.js';
import type { TransferSettings } from './transfer.js';
import type { Remote } from './web-folder.js';

export interface CacheRules {
  readonly store: FileStore;
  readonly sha256: (bytes: Uint8Array) => Promise<string>;
  /** The files behind these addresses never change. */
  readonly immutable: boolean;
}

/**
 * A model folder on a server whose files are kept. A kept file is used without asking when it cannot have changed or
 * has the checksum that is expected; else the server is asked whether it changed, and when the network is not there
 * it is used as it is. What cannot be right is fetched again.
 */
export function cachedFolder(remote: Remote, settings: TransferSettings, rules: CacheRules): ModelFolder {
  const { where, base } = remote;
  return {
    where,
    local: false,
    async read(name, expected, signal) {
      if (!expected.chosen) assertInside(name, where);
      const url = new URL(`./${name}`, base);
      const limit = await limitOf(expected, settings.maxBytes, url.href);
      signal?.throwIfAborted();
      // What the caller wrote may be no name of a file on every system.
      const key = expected.chosen ? encodeURIComponent(name) : name;
      const found = await rules.store.get(key, url, limit);
      const kept = found && fits(found, name, expected) ? found : undefined;
      signal?.throwIfAborted();
      if (!kept || !(rules.immutable || expected.sha256 !== undefined)) {
        const wanted = { name, key, url, expected, limit, kept, signal };
        const bytes = await fetchFile(remote, settings, rules, wanted);
        if (bytes) return bytes;
      }
      new ProgressReport(name, settings.onProgress).done(kept!.bytes.length);
      return kept!.bytes;
    },
  };
}

/** A manifest has no checksum; one that arrived cut short, or as some other text, would be used for good. */
function fits(kept: Kept, name: string, expected: Expected): boolean {
  if (expected.sha256 !== undefined && kept.sha256 !== expected.sha256) return false;
  if ('exactly' in expected && kept.bytes.length !== expected.exactly) return false;
  return expected.sha256 !== undefined || !name.endsWith('.json') || isJson(kept.bytes);
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

interface Wanted {
  readonly name: string;
  /** What the store calls it. */
  readonly key: string;
  readonly url: URL;
  readonly expected: Expected;
  readonly limit: number;
  readonly kept: Kept | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The file from the server, kept from now on; undefined where the kept one is to be used. */
async function fetchFile(
  { send, advice }: Remote,
  settings: TransferSettings,
  { store, sha256 }: CacheRules,
  { name, key, url, expected, limit, kept, signal }: Wanted,
): Promise<Uint8Array | undefined> {
  const part = await store.begin(key, url, limit);
  let resumable = false;
  let found: Download | undefined;
  try {
    found = await download(url, {
      file: name,
      expected,
      send,
      advice,
      settings,
      signal,
      part,
      kept: kept?.validator,
    });
    if (!found) return undefined;
    const digest = await sha256(found.bytes);
    assertSha256(digest, expected, url.href);
    await part.keep({ ...found, sha256: digest });
    return found.bytes;
  } catch (error) {
    resumable = isUnreachable(error) || isDeadline(error);
    if (kept && isUnreachable(error)) return undefined;
    throw error;
  } finally {
    await part.end(resumable);
  }
}

/** A deadline (AbortSignal.timeout) that is over: the next attempt is meant to get further. */
function isDeadline(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
