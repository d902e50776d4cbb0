import type { Picture } from './media/picture.js';
import { optionsOf } from './options.js';
import { orAbort } from './or-abort.js';
import { quiet } from './quiet.js';
import { tagOf } from './tag.js';
import { rows, type Tensor } from './tensor.js';

/** A source of inputs that come one after another: an async iterable, or a generator. */
export type Stream<T> = AsyncIterable<T> | (Iterable<T> & Iterator<T>);

/** True for an async iterable or a generator; false for strings, arrays and typed arrays, which are values. */
export function isStream<T>(value: unknown): value is Stream<T> {
  if (typeof value !== 'object' || value === null) return false;
  const { next } = value as { next?: unknown };
  return Symbol.asyncIterator in value || (Symbol.iterator in value && typeof next === 'function');
}

/**
 * Gives the results of `work` over a stream, in order, with up to `ahead` of them under way at once. A result is
 * handed on as soon as it is there, so a source that waits for it (a camera, a chat) is never waited for in turn.
 * When the consumer stops, the source is closed and what is under way is waited for; after an abort it gives no more,
 * whether its source moves or not.
 *
 * @throws the signal's reason
 */
export async function* mapStream<T, R>(
  source: Stream<T>,
  ahead: number,
  work: (item: T, index: number) => Promise<R>,
  options?: { readonly signal?: AbortSignal },
  where = 'stream',
): AsyncGenerator<R, void, undefined> {
  const { signal } = optionsOf(options, where);
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const results: Promise<R>[] = [];
  let coming: Promise<IteratorResult<T>> | undefined;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  try {
    for (let index = 0; !ended || results.length > 0; ) {
      if (!ended && results.length < ahead) coming ??= nextOf(items);
      const [event, item] = await orAbort(firstOf(results[0], coming), signal);
      if (event === 'result') {
        yield await results.shift()!;
      } else if (event === 'failure') {
        // What came before it is handed on first.
        [ended, coming, failure] = [true, undefined, { error: item }];
      } else {
        coming = undefined;
        ended = item.done === true;
        if (!item.done) results.push(quiet(work(item.value, index++)));
      }
    }
    if (failure) throw failure.error;
  } finally {
    await Promise.allSettled(results);
    // A source that still waits for its own next item would make this wait too.
    const closing = ended ? undefined : Promise.resolve(items.return?.());
    if (coming) closing?.catch(() => {});
    else await closing;
  }
}

async function nextOf<T>(items: Iterator<T> | AsyncIterator<T>): Promise<IteratorResult<T>> {
  return items.next();
}

type StreamEvent<T> = ['result', undefined] | ['failure', unknown] | ['item', IteratorResult<T>];

/** Whichever is there first: the oldest result (good or bad), or the next item. */
function firstOf<T>(
  result: Promise<unknown> | undefined,
  coming: Promise<IteratorResult<T>> | undefined,
): Promise<StreamEvent<T>> {
  const events: Promise<StreamEvent<T>>[] = [];
  const finished = (): StreamEvent<T> => ['result', undefined];
  if (result) events.push(result.then(finished, finished));
  if (coming) {
    events.push(
      coming.then(
        (item) => ['item', item],
        (error) => ['failure', error],
      ),
    );
  }
  return Promise.race(events);
}

/**
 * The same input in memory of its own, where it is arrays, bytes, pixels or lists of them. The source may write into what
 * it gave as soon as it is asked for more.
 */
export function owned<X>(input: X): X {
  return copied(input) as X;
}

function copied(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(copied);
  if (isArray(input)) return copyOf(input);
  if (tagOf(input) === 'ArrayBuffer') return (input as ArrayBuffer).slice(0);
  const { data, shape, width, height, channels } = Object(input) as Partial<Tensor & Picture>;
  if (!isArray(data)) return input;
  // An ImageData has its sizes from its class, which a copy of the object would not have.
  const sizes = { width, height, ...(channels !== undefined && { channels }) };
  return { data: copyOf(data), ...(shape !== undefined ? { shape } : sizes) };
}

const isArray = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

/** Not by its own `slice`, which of a Buffer in Node is a view. */
const copyOf = (array: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(array);

/** A batch in pieces of at most so many items. */
export function* pieces(batch: Tensor, size: number): Generator<Tensor> {
  const count = batch.shape[0]!;
  for (let from = 0; from < count; from += size) yield rows(batch, from, Math.min(count, from + size));
}
