import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { TrainerError } from '../../errors.js';
import type { EngineOptions, Feeds, State } from '../engine.js';
import { builtFile } from './built-file.js';
import type { OrtSetup } from './devices/device.js';

/** What the thread is started with. */
export interface ChannelSetup {
  readonly device?: EngineOptions['device'];
}

/** First `choose`, then `open` with what was lowered for the device, then the others. */
export type Call =
  | { readonly method: 'choose' | 'readState' | 'dispose' }
  | { readonly method: 'open'; readonly setup: OrtSetup }
  | { readonly method: 'run'; readonly program: string; readonly feeds: Feeds }
  | { readonly method: 'runSteps'; readonly program: string; readonly feeds: readonly Feeds[] }
  | { readonly method: 'writeState'; readonly state: State };

export type Request = Call & { readonly id: number };

export interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** Questions to the engine's thread and their answers. */
export class Channel {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private failure: TrainerError | undefined;
  private closed: Promise<void> | undefined;

  constructor(setup: ChannelSetup) {
    this.worker = new Worker(builtFile('worker.js'), { workerData: setup, env: SHARE_ENV });
    this.worker.on('message', (response: Response) => this.settle(response));
    this.worker.on('error', (cause) => this.fail(`stopped with an error (${cause.message})`, cause));
    this.worker.on('exit', (code) => this.fail(`ended (exit code ${code})`));
  }

  private settle({ id, result, error }: Response): void {
    const { resolve, reject } = this.pending.get(id)!;
    this.pending.delete(id);
    if (error) reject(new TrainerError(error.code, error.message));
    else resolve(result);
  }

  private fail(what: string, cause?: unknown): void {
    this.failure ??= new TrainerError('engine-failed', `The engine's thread ${what}.`, { cause });
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }

  /** @param transfer arrays that are handed over, and empty here afterwards */
  ask<Result>(call: Call, transfer: readonly Float32Array[] = []): Promise<Result> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise<Result>((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      const buffers = [...new Set(transfer.map((array) => array.buffer as ArrayBuffer))];
      this.worker.postMessage({ ...call, id }, buffers);
    });
  }

  /** Ends the thread; asked for again, also meanwhile, it is the same end. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    if (this.failure) return;
    await this.ask({ method: 'dispose' });
    const exited = once(this.worker, 'exit');
    await this.worker.terminate();
    await exited;
  }
}
