import { SHARE_ENV, Worker } from 'node:worker_threads';
import { TrainerError } from '../../errors.js';
import type { Call, Request, Response, ThreadData } from './answers.js';
import { builtFile } from './built-file.js';
import { ExitGate } from './exit-gate.js';

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** What can be done about the end of a thread. */
function adviceOn(cause: Error & { code?: string }): string {
  if (cause.code !== 'ERR_WORKER_OUT_OF_MEMORY') return '';
  return ' A smaller batch needs less memory; NODE_OPTIONS=--max-old-space-size=MB allows more.';
}

const failed = (what: string, cause?: unknown) =>
  new TrainerError('engine-failed', `The engine's thread ${what}`, { cause });

/** Of the threads that are there. */
const gates = new Set<ExitGate>();
function closeGates(): void {
  for (const gate of gates) gate.close();
}

/** Questions to an engine's thread and their answers; see `answerCalls`. */
export class ThreadCalls<Asked extends Call> {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private failure: TrainerError | undefined;
  private closed: Promise<void> | undefined;

  /**
   * @param file what the thread runs, from the build's `engines`
   * @param setup what the thread gets; plain data
   */
  constructor(file: string, setup: unknown) {
    const gate = new ExitGate();
    const workerData: ThreadData<unknown> = { setup, gate: gate.shared };
    // Without the process's own flags, of which some (such as --input-type) are refused in threads.
    this.worker = new Worker(builtFile(file), { workerData, env: SHARE_ENV, execArgv: [] });
    if (gates.size === 0) process.on('exit', closeGates);
    gates.add(gate);
    this.worker.on('message', (response: Response) => this.settle(response));
    this.worker.on('error', (cause) =>
      this.fail(`stopped with an error (${cause.message}).${adviceOn(cause)}`, cause),
    );
    this.worker.on('exit', (code) => {
      gates.delete(gate);
      if (gates.size === 0) process.off('exit', closeGates);
      this.fail(`ended (exit code ${code}).`);
    });
  }

  private settle({ id, result, error }: Response): void {
    const { resolve, reject } = this.pending.get(id)!;
    this.pending.delete(id);
    if (error) reject(new TrainerError(error.code, error.message));
    else resolve(result);
  }

  private fail(what: string, cause?: unknown): void {
    this.failure ??= failed(what, cause);
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }

  /**
   * @param transfer arrays that are handed over, and empty here afterwards
   * @throws TrainerError what was thrown there, or "engine-failed" when the thread is no more
   */
  ask<Result>(call: Asked, transfer: readonly Float32Array[] = []): Promise<Result> {
    const failure = this.failure ?? (this.closed && failed('ended when it was closed.'));
    return failure ? Promise.reject(failure) : this.send(call, transfer);
  }

  private send<Result>(call: Asked, transfer: readonly Float32Array[] = []): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      const buffers = [...new Set(transfer.map((array) => array.buffer as ArrayBuffer))];
      this.worker.postMessage({ ...call, id } satisfies Request<Asked>, buffers);
    });
  }

  /** Asks the thread to `dispose`, and ends it; asked for again, also meanwhile, it is the same end. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    if (this.failure) return;
    try {
      await this.send({ method: 'dispose' } as Asked);
    } finally {
      await this.worker.terminate();
    }
  }

  /** Ends a thread that has nothing to dispose of. */
  async abandon(): Promise<void> {
    await this.worker.terminate();
  }
}
