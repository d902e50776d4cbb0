import type { TransferProgress } from './transfer.js';

const milliseconds = 50;

/** Passes progress on at most 20 times a second and never backwards. */
export class ProgressReport {
  readonly #file: string;
  readonly #tell: ((progress: TransferProgress) => void) | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #most = -1;

  constructor(file: string, tell: ((progress: TransferProgress) => void) | undefined) {
    this.#file = file;
    this.#tell = tell;
  }

  /** @param total bytes in all, where they are known */
  report(loaded: number, total: number | undefined): void {
    const now = performance.now();
    // The last event is the one of `done`; a download that begins anew is silent until it is ahead again.
    if (loaded <= this.#most || loaded === total || now - this.#last < milliseconds) return;
    this.#last = now;
    this.#most = loaded;
    const known = total !== undefined && total > loaded ? total : undefined;
    this.#tell?.({ file: this.#file, loaded, total: known });
  }

  done(length: number): void {
    this.#tell?.({ file: this.#file, loaded: length, total: length });
  }
}
