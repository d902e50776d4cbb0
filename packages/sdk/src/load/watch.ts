import { onAbort, orAbort } from '../or-abort.js';

/** A signal that fires when a caller stops waiting, or when nothing has been heard for too long. */
export interface Watch {
  readonly signal: AbortSignal;
  /** True once it fired because of the silence. */
  readonly silent: boolean;
  /** Something arrived. */
  heard(): void;
  /** Ends the watch. What was read to its end is left alone: browsers would call it a failed request. */
  end(): void;
  /** Stops whatever uses the signal. */
  drop(): void;
}

/** @param timeout longest silence in milliseconds */
export function watch(signal: AbortSignal | undefined, timeout: number): Watch {
  const stop = new AbortController();
  let silent = false;
  const fall = () => {
    silent = true;
    stop.abort(new Error(`nothing arrived for ${timeout / 1000} s`));
  };
  let timer = setTimeout(fall, timeout);
  const abort = () => stop.abort(signal?.reason);
  if (signal?.aborted) abort();
  const leave = signal && onAbort(signal, abort);
  return {
    signal: stop.signal,
    get silent() {
      return silent;
    },
    heard() {
      clearTimeout(timer);
      timer = setTimeout(fall, timeout);
    },
    end() {
      clearTimeout(timer);
      leave?.();
    },
    drop: () => stop.abort(),
  };
}

/** @throws the signal's reason when it is aborted meanwhile */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return orAbort(over, signal).finally(() => clearTimeout(timer));
}
