import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';

/** How far the download of one file is. */
export interface TransferProgress {
  /** The file's name in its folder, such as 'encoder.onnx'. */
  readonly file: string;
  /** Bytes so far; never less than in the event before. */
  readonly loaded: number;
  /** Bytes in all; undefined while not known. The last event of a file has `loaded === total`. */
  readonly total: number | undefined;
}

/** The Hugging Face Hub, for `hf:` sources. */
export interface HubOptions {
  /** Address of the Hub or of a mirror; in Node `$HF_ENDPOINT`, else 'https://huggingface.co'. */
  readonly endpoint?: string;
  /** Access token for private and gated repositories; in Node `$HF_TOKEN`. Sent to the endpoint's host only. */
  readonly token?: string;
}

/** How files come from where a model is. */
export interface Transfer {
  /** Told of each download at most 20 times a second, and at its end; a file from the cache tells its end. */
  readonly onProgress?: (progress: TransferProgress) => void;
  /**
   * The longest time in milliseconds that a server may stay silent, above 0; 30 000 when left out. One that asks for a
   * longer pause (Retry-After) is an error at once. For a limit on the whole loading pass
   * `signal: AbortSignal.timeout(ms)`, and to `prepare` too: what is behind a URL is downloaded there.
   */
  readonly timeout?: number;
  /** The largest file that is read, in bytes, 1 to 2^31 - 1, the default. */
  readonly maxBytes?: number;
  /** Used in place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Keep what is downloaded: true by default for `hf:` sources, false for URLs. A text says where: in Node a folder
   * (default `$VAE_CACHE`, else `vae` in the user's cache folder), in browsers a name in Cache Storage ('vae-models').
   */
  readonly cache?: boolean | string;
  readonly hub?: HubOptions;
}

export interface TransferSettings extends Transfer {
  readonly timeout: number;
  readonly maxBytes: number;
  readonly fetch: typeof globalThis.fetch;
}

const largestFile = 2 ** 31 - 1;

/**
 * Checks the options that have to do with transfers and fills in the defaults.
 *
 * @throws VaeError "bad-option" naming the option
 */
export function transferSettings(options: Transfer | undefined): TransferSettings {
  const {
    onProgress,
    timeout = 30_000,
    maxBytes = largestFile,
    fetch,
    cache,
    hub,
  } = optionsOf(options, load);
  if (onProgress !== undefined && typeof onProgress !== 'function') refuse('onProgress', 'a function');
  if (fetch !== undefined && typeof fetch !== 'function') refuse('fetch', 'a function');
  // Timers wrap around beyond 2^31 - 1 ms and would fire at once.
  if (!(typeof timeout === 'number' && timeout > 0 && timeout <= largestFile)) {
    refuse('timeout', 'milliseconds above 0, at most 2147483647', timeout);
  }
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1 && maxBytes <= largestFile)) {
    refuse('maxBytes', 'a whole number from 1 to 2147483647', maxBytes);
  }
  if (cache !== undefined && typeof cache !== 'boolean' && (typeof cache !== 'string' || cache === '')) {
    refuse('cache', 'true, false or a text that is not empty');
  }
  // A method of the global object loses its owner when it is passed on alone.
  const globalFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  return { onProgress, timeout, maxBytes, fetch: fetch ?? globalFetch, cache, hub };
}

const load = 'VAE.load';

function refuse(option: string, expected: string, came?: unknown): never {
  const what = came === undefined ? 'not usable' : String(came);
  throw new VaeError('bad-option', `${load}: ${option} is ${what}, expected ${expected}.`);
}
