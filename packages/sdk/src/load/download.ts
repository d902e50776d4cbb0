import { isVaeError, reason, VaeError } from '../errors.js';
import { orAbort } from '../or-abort.js';
import {
  type Advice,
  assertAnswer,
  assertNoPage,
  BadStatus,
  isSame,
  isStrong,
  unless,
  validatorOf,
} from './answer.js';
import { contentRange, isWhole } from './content-range.js';
import { assertSize, limitOf } from './expected.js';
import type { Part } from './file-store.js';
import type { Expected } from './places.js';
import { ProgressReport } from './progress.js';
import { Received } from './received.js';
import type { Send } from './send.js';
import type { TransferSettings } from './transfer.js';
import { pause, type Watch, watch } from './watch.js';

export interface DownloadOptions {
  /** What progress events call it. */
  readonly file: string;
  readonly expected: Expected;
  readonly send: Send;
  readonly settings: Pick<TransferSettings, 'timeout' | 'maxBytes' | 'onProgress'>;
  readonly signal?: AbortSignal;
  /** What to do about a status. */
  readonly advice?: Advice;
  /** Validator of a copy at hand: if the file is still that version, nothing is downloaded. */
  readonly kept?: string;
  /** Written along, and continued where it was left. */
  readonly part?: Part;
  /** Wait before the second attempt; three times as long before each further one. */
  readonly pauseMs?: number;
}

export interface Download {
  readonly bytes: Uint8Array;
  readonly validator: string | undefined;
}

const attempts = 4;
const attemptsToConnect = 2;

/**
 * Downloads a file. A connection that breaks is followed by another that goes on where it broke, if the server can do
 * that and the file is still the same, else from the beginning.
 *
 * @returns undefined where the copy at hand is still good
 * @throws VaeError "not-found", "download-failed" (network, server, silence), "bad-model" for another size; the
 * signal's reason when it is aborted
 */
export async function download(url: URL, options: DownloadOptions): Promise<Download | undefined> {
  const { file, expected, settings, signal, kept, part, pauseMs = 300 } = options;
  const job: Job = {
    ...options,
    url,
    limit: await limitOf(expected, settings.maxBytes, url.href),
    received: new Received(part?.left?.bytes),
    validator: part?.left?.validator,
    answered: false,
    progress: new ProgressReport(file, settings.onProgress),
  };
  for (let tried = 1; ; tried++) {
    const watched = watch(signal, settings.timeout);
    let asked = 0;
    try {
      const result = await attempt(job, watched);
      if (!result) watched.drop();
      return result;
    } catch (error) {
      watched.drop();
      signal?.throwIfAborted();
      if (!(error instanceof Broken || error instanceof BadStatus)) throw error;
      // A server that never said a word would only be waited for again; with a copy at hand nothing is urgent.
      const hopeless = job.received.length === 0 && (watched.silent || kept);
      if (error.header?.('retry-after')) asked = (await import('./retry-after.js')).noteRetryAfter(error);
      if (hopeless || asked > settings.timeout || tried >= (job.answered ? attempts : attemptsToConnect))
        throw failure(url, error, job.received.length, tried);
    } finally {
      watched.end();
    }
    await pause(Math.max(asked, pauseMs * 3 ** (tried - 1)), signal);
  }
}

/** True for a failure that says nothing about the file: no network, a broken server. */
export function isUnreachable(error: unknown): boolean {
  if (!isVaeError(error) || error.code !== 'download-failed') return false;
  return error.cause instanceof BadStatus ? error.cause.temporary : error.cause !== undefined;
}

interface Job extends DownloadOptions {
  readonly url: URL;
  readonly limit: number;
  readonly received: Received;
  readonly progress: ProgressReport;
  /** Of the version that `received` is the beginning of. */
  validator: string | undefined;
  /** The server has answered at least once. */
  answered: boolean;
}

/** A connection that could not be made, or that ended before the file did. */
class Broken extends Error {
  declare readonly header?: undefined;
}

async function attempt(job: Job, watched: Watch): Promise<Download | undefined> {
  const { url, send, received, kept } = job;
  const response = await network(send(url, conditions(job), watched.signal), watched);
  watched.heard();
  job.answered = true;
  if (kept !== undefined && received.length === 0) {
    if (response.status === 304 || (response.status === 200 && isSame(validatorOf(response), kept))) {
      return undefined;
    }
  }
  await begin(response, job);
  await receive(response, job, watched);
  const { length } = received;
  await assertSize(length, job.expected, job.limit, url.href);
  job.progress.done(length);
  return { bytes: received.take(), validator: job.validator };
}

/** Headers that ask for the rest of what is there, or only for what is newer than the copy at hand. */
function conditions({ received, validator, kept }: Job): Record<string, string> {
  if (received.length > 0) {
    if (isStrong(validator)) return { range: `bytes=${received.length}-`, 'if-range': validator };
    return {};
  }
  return kept === undefined ? {} : unless(kept);
}

/** Decides from the head of an answer whether its body goes on with what is there or starts anew. */
async function begin(response: Response, job: Job): Promise<void> {
  const { received, url } = job;
  const asked = received.length > 0;
  if (response.status === 416 && asked) throw anew(job, 'the server has no such part');
  assertAnswer(response, url, job.advice ?? (() => undefined));
  const validator = validatorOf(response);
  const range = contentRange(response);
  if (response.status === 206 && !isWhole(range)) {
    if (!asked) throw failure(url, new Broken('the server sent a part unasked'), 0, 1);
    const same = validator === undefined || isSame(validator, job.validator);
    if (same && range?.from === received.length) return;
    throw anew(job, 'the server sent another part or file');
  }
  received.clear();
  // Ranges of a packed body count packed bytes, so it cannot be continued.
  job.validator = isPacked(response) ? undefined : validator;
  await job.part?.restart(isStrong(job.validator) ? job.validator : undefined);
}

/** What there is was of no use; the next attempt begins without it. */
function anew({ received }: Job, why: string): Broken {
  received.clear();
  return new Broken(why);
}

async function receive(response: Response, job: Job, watched: Watch): Promise<void> {
  const { url, limit, received, expected, part, progress } = job;
  const total = totalOf(response, received.length);
  const range = isPacked(response) ? undefined : contentRange(response);
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await network(reader.read(), watched);
    if (done) break;
    watched.heard();
    if (received.length === 0) {
      await assertNoPage(value, url);
      if (total.stated !== undefined) await assertTotal(total.stated, job);
    }
    if (range && received.length + value.length > range.to) {
      await part?.restart(undefined);
      throw anew(job, 'the server sent more than announced');
    }
    if (received.length + value.length > limit) await assertTotal(received.length + value.length, job);
    received.add(value, total.stated);
    await part?.write(value);
    progress.report(received.length, 'exactly' in expected ? expected.exactly : total.likely);
  }
  if (received.length < (range?.total || total.stated || 0)) throw new Broken('the connection was closed');
}

async function assertTotal(bytes: number, { url, limit, expected }: Job): Promise<void> {
  if (bytes <= limit) return assertSize(bytes, expected, limit, url.href);
  const { aboveLimit } = await import('./refusals.js');
  throw new VaeError('bad-model', `${url.href}: ${aboveLimit(limit, expected)}.`);
}

/** The file's size by its server: `stated` where it counts the very bytes that are read, else at best `likely`. */
function totalOf(response: Response, already: number): { stated?: number; likely?: number } {
  const rest = Number(response.headers.get('content-length') ?? Number.NaN);
  if (!Number.isSafeInteger(rest) || rest < 0 || isPacked(response)) return {};
  const likely = already + rest;
  // A page may not see whether another host's answer is packed.
  return response.type === 'cors' ? { likely } : { stated: likely, likely };
}

function isPacked(response: Response): boolean {
  return !['', 'identity'].includes(response.headers.get('content-encoding') ?? '');
}

/** Marks what goes wrong on the network; anything else is not tried again. */
function network<T>(promise: Promise<T>, { signal }: Watch): Promise<T> {
  return orAbort(promise, signal).catch((cause: unknown) => {
    throw isVaeError(cause) ? cause : new Broken(deepReason(cause), { cause });
  });
}

function failure(url: URL, error: Broken | BadStatus, received: number, tried: number): VaeError {
  const what = error instanceof BadStatus ? 'the server answered' : 'could not be downloaded:';
  const after = received > 0 ? `, after ${received} bytes` : '';
  const times = tried > 1 ? ` (${tried} attempts)` : '';
  const cause = error.cause ?? error;
  return new VaeError('download-failed', `${url.href}: ${what} ${error.message}${after}${times}.`, { cause });
}

/** "fetch failed" says nothing; its cause does. */
function deepReason(thrown: unknown): string {
  const { cause } = Object(thrown) as { cause?: { message?: string; code?: string } };
  return (cause?.message || cause?.code || reason(thrown)).replace(/\.$/, '');
}
