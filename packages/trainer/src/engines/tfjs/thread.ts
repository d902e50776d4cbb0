import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { TrainerError } from '../../errors.js';
import type { Compiled, Feeds, Results, State } from '../engine.js';
import type { Description, Request, Response } from './serve.js';

type Call = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;
type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** A worker starts from a built file, wherever this code itself was loaded from. */
const built = (file: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')), 'dist', file);

/** Programs that live in a thread of their own, so that the caller's event loop stays free. */
export class ThreadedPrograms implements Compiled {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private failure: TrainerError | undefined;
  private closed: Promise<void> | undefined;
  private told: Description = { description: '', versions: {}, notes: [] };

  private constructor(file: string, setup: unknown) {
    this.worker = new Worker(built(file), { workerData: setup, env: SHARE_ENV });
    this.worker.on('message', (response: Response) => this.settle(response));
    this.worker.on('error', (cause) => this.fail(`stopped with an error (${cause.message})`, cause));
    this.worker.on('exit', (code) => this.fail(`ended (exit code ${code})`));
  }

  /**
   * @param file of the worker, from the build's folder
   * @param setup what the worker gets; plain data
   * @throws TrainerError what opening the programs throws there
   */
  static async open(file: string, setup: unknown): Promise<ThreadedPrograms> {
    const programs = new ThreadedPrograms(file, setup);
    try {
      programs.told = await programs.ask({ method: 'describe' });
      return programs;
    } catch (error) {
      await programs.worker.terminate();
      throw error;
    }
  }

  get description(): string {
    return this.told.description;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.told.versions;
  }

  get device(): string | undefined {
    return this.told.device;
  }

  get notes(): readonly string[] {
    return this.told.notes;
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
  private ask<Result>(call: Call, transfer: readonly Float32Array[] = []): Promise<Result> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise<Result>((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      const buffers = [...new Set(transfer.map((array) => array.buffer as ArrayBuffer))];
      this.worker.postMessage({ ...call, id }, buffers);
    });
  }

  run(program: string, feeds: Feeds): Promise<Results> {
    return this.ask({ method: 'run', program, feeds }, Object.values(feeds));
  }

  readState(): Promise<State> {
    return this.ask({ method: 'readState' });
  }

  async writeState(state: State): Promise<void> {
    await this.ask({ method: 'writeState', state });
  }

  /** Ends the thread; asked for again, also meanwhile, it is the same end. */
  dispose(): Promise<void> {
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
