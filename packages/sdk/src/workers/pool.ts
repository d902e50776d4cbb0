import { VaeError } from '../errors.js';
import type { RuntimeOptions } from '../runtime/find-runtime.js';
import type { Turn } from '../runtime/session/session.js';
import type { SessionOptions } from '../runtime/types.js';
import { Connection, type WorkerLink } from './connection.js';
import { elementsOf, Pace } from './pace.js';
import {
  buffersOf,
  type Created,
  copyBytes,
  copyTensors,
  type Question,
  type Started,
  type Tensors,
} from './protocol.js';
import { Spares } from './spares.js';

/** A model of the pool, and the workers that hold a session of it. */
export interface PooledModel {
  readonly id: number;
  /** Kept as long as further workers may need it. */
  readonly bytes: Uint8Array | undefined;
  readonly options: SessionOptions;
  /** Most workers that may hold it. */
  lanes: number;
  readonly holders: Set<Connection>;
  /** What its runs take in a worker. */
  readonly pace: Pace;
  /** Under way while one more worker gets it. */
  growth: Promise<void> | undefined;
  /** Under way or done; no more runs are taken. */
  release: Promise<void> | undefined;
}

/** True when the last worker that held a model died, and nothing is left to make another session from. */
export const isLost = ({ holders, bytes }: PooledModel): boolean => holders.size === 0 && !bytes;

interface Job {
  readonly model: PooledModel;
  readonly question: Extract<Question, { kind: 'run' }>;
  resolve(outputs: Tensors): void;
  reject(error: unknown): void;
}

/**
 * Workers that share the models of one device. A run goes to an idle worker that holds the model, or waits, first come
 * first served. A model moves into one more worker when a run found none idle, and the run does not wait for that: the
 * first free one takes it. Workers end some time after the last model was released: to start them again for the next
 * one takes time, and memory that the system does not get back.
 */
export class WorkerPool {
  readonly #startWorker: () => WorkerLink;
  readonly #turn: Turn;
  #options: RuntimeOptions;
  /** Workers and what they answered to the start. */
  readonly #workers = new Map<Connection, Promise<Started>>();
  readonly #models = new Set<PooledModel>();
  readonly #queue: Job[] = [];
  readonly #spares = new Spares();
  readonly #idleMs: number;
  readonly #patienceMs: number;
  #ending: ReturnType<typeof setTimeout> | undefined;
  #nextId = 0;

  constructor(
    startWorker: () => WorkerLink,
    options: RuntimeOptions,
    turn: Turn,
    idleMs = 10_000,
    patienceMs = 30_000,
  ) {
    this.#startWorker = startWorker;
    this.#options = options;
    this.#turn = turn;
    this.#idleMs = idleMs;
    this.#patienceMs = patienceMs;
  }

  /** Starts the first worker and gives what it says about its runtime; further ones get the same device. */
  async open(): Promise<Started> {
    const started = await this.#workers.get(this.#addWorker())!;
    this.#options = { ...this.#options, device: started.device };
    return started;
  }

  /**
   * Loads a model into one worker.
   *
   * @param lanes most workers that may hold it; bytes are kept when it is more than one
   * @throws VaeError "bad-model" when ONNX Runtime refuses it
   */
  async create(bytes: Uint8Array, options: SessionOptions, lanes: number): Promise<[PooledModel, Created]> {
    const model: PooledModel = {
      id: this.#nextId++,
      bytes: lanes > 1 ? new Uint8Array(bytes) : undefined,
      options,
      lanes,
      holders: new Set(),
      pace: new Pace(),
      growth: undefined,
      release: undefined,
    };
    clearTimeout(this.#ending);
    this.#models.add(model);
    try {
      const worker = this.#idle() ?? this.#room() ?? this.#leastLoaded([...this.#workers.keys()])!;
      return [model, await this.#load(model, worker, model.bytes ?? bytes)];
    } catch (error) {
      await this.release(model);
      throw error;
    }
  }

  run(model: PooledModel, feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    if (model.release) return Promise.reject(released());
    if (isLost(model)) return Promise.reject(lost());
    return new Promise((resolve, reject) => {
      const question = {
        kind: 'run' as const,
        session: model.id,
        feeds: copyTensors(feeds, this.#spares),
        fetches,
      };
      this.#queue.push({ model, question, resolve, reject });
      this.#dispatch();
    });
  }

  /** Frees a model everywhere, after the runs that workers already have. */
  release(model: PooledModel): Promise<void> {
    model.release ??= this.#free(model);
    return model.release;
  }

  /** Ends all workers. The pool starts new ones when it is used again. */
  async close(): Promise<void> {
    const workers = [...this.#workers.keys()];
    this.#workers.clear();
    this.#spares.clear();
    await Promise.all(workers.map((worker) => worker.stop()));
  }

  async #free(model: PooledModel): Promise<void> {
    this.#refuse(model, released());
    await model.growth;
    const question = { kind: 'release' as const, session: model.id };
    // A worker that died has nothing left to free.
    const asked = [...model.holders].map((worker) => this.#turn(() => worker.ask(question)).catch(() => {}));
    model.holders.clear();
    await Promise.all(asked);
    // Only now: a worker that ends while it still loads or frees a model takes the process down.
    this.#models.delete(model);
    if (this.#models.size === 0) this.#endLater();
  }

  #endLater(): void {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => void this.close(), this.#idleMs);
    // Node's timers keep the process alive, those of pages are numbers.
    (this.#ending as { unref?(): void }).unref?.();
  }

  #dispatch(): void {
    for (const job of [...this.#queue]) {
      const { model } = job;
      const worker = this.#idle(model.holders);
      if (worker) this.#begin(job, worker);
      else if (model.holders.size < model.lanes) this.#grow(model);
    }
  }

  #begin(job: Job, worker: Connection): void {
    this.#queue.splice(this.#queue.indexOf(job), 1);
    const { model, question } = job;
    const elements = elementsOf(question.feeds);
    const took = (ms: number) => model.pace.add(elements, ms);
    const asked = this.#turn(() => worker.ask(question, buffersOf(question.feeds), took));
    asked.then(job.resolve, job.reject);
  }

  /** Loads a model into one more worker where there is room for that. */
  #grow(model: PooledModel): void {
    const { bytes, holders } = model;
    if (model.growth || !bytes) return;
    const others = [...this.#workers.keys()].filter((worker) => !holders.has(worker));
    const worker = this.#idle(others) ?? this.#room();
    if (!worker) return;
    const failed = (error: unknown) => {
      // One worker less is no harm, none at all is.
      model.lanes = Math.max(1, holders.size);
      if (holders.size === 0) this.#refuse(model, error);
    };
    model.growth = this.#load(model, worker, bytes).then(() => {}, failed);
    void model.growth.then(() => {
      model.growth = undefined;
      this.#dispatch();
    });
  }

  async #load(model: PooledModel, worker: Connection, bytes: Uint8Array): Promise<Created> {
    await this.#workers.get(worker);
    // A copy to hand over. Sent as they are, they would be copied twice, into memory that another thread frees.
    const copy = copyBytes(bytes, this.#spares);
    const question = { kind: 'create' as const, session: model.id, bytes: copy, options: model.options };
    const created = await this.#turn(() => worker.ask(question, [copy.buffer]));
    model.holders.add(worker);
    return created;
  }

  /** The worker without an open question that holds the fewest models. */
  #idle(among: Iterable<Connection> = this.#workers.keys()): Connection | undefined {
    return this.#leastLoaded([...among].filter((worker) => !worker.busy));
  }

  #leastLoaded(workers: readonly Connection[]): Connection | undefined {
    const load = (worker: Connection) =>
      [...this.#models].filter(({ holders }) => holders.has(worker)).length;
    return [...workers].sort((a, b) => load(a) - load(b))[0];
  }

  /** A new worker, while there are fewer than some model may have. */
  #room(): Connection | undefined {
    const most = Math.max(...[...this.#models].map(({ lanes }) => lanes));
    return this.#workers.size < most ? this.#addWorker() : undefined;
  }

  #addWorker(): Connection {
    const worker = new Connection(
      this.#startWorker(),
      () => this.#dispatch(),
      () => this.#bury(worker),
      this.#spares,
    );
    const started = this.#turn(() => worker.start(this.#options, this.#patienceMs));
    this.#workers.set(worker, started);
    started.catch(() => {
      this.#workers.delete(worker);
      return worker.stop();
    });
    return worker;
  }

  /** Forgets a worker that died; what it held moves elsewhere or is lost. */
  #bury(worker: Connection): void {
    this.#workers.delete(worker);
    for (const model of this.#models) {
      if (model.holders.delete(worker) && isLost(model)) this.#refuse(model, lost());
    }
    this.#dispatch();
  }

  /** Rejects the runs of a model that wait. */
  #refuse(model: PooledModel, error: unknown): void {
    for (const job of this.#queue.filter((job) => job.model === model)) {
      this.#queue.splice(this.#queue.indexOf(job), 1);
      job.reject(error);
    }
  }
}

function released(): VaeError {
  return new VaeError('disposed', 'The session was released.');
}

function lost(): VaeError {
  return new VaeError('runtime-failed', 'The worker that held the model stopped. Load the model again.');
}
