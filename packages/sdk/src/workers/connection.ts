import { VaeError } from '../errors.js';
import type { RuntimeOptions } from '../runtime/find-runtime.js';
import { type Answers, type Question, type Reply, unpackError } from './protocol.js';
import type { Spares } from './spares.js';

/** Gives a started Web Worker or where its script is, for callers whose bundler does not find it. */
export type WorkerScript = () => unknown;

/** A started worker. */
export interface WorkerLink {
  /** @param failed is told why when the worker dies or cannot start */
  listen(message: (reply: Reply) => void, failed: (why: string, cause?: unknown) => void): void;
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Whether the process waits for the worker. */
  hold(on: boolean): void;
  stop(): Promise<void>;
}

/** How to start workers for ONNX Runtime; differs between Node and browsers. */
export interface Workers {
  /** Whether models run in workers when the caller does not say. */
  readonly byDefault: boolean;
  /** What starts a worker; undefined where none can be started. */
  starter(script?: WorkerScript): (() => WorkerLink) | undefined;
}

/** Told how many milliseconds an answer took in the worker. */
type Took = (ms: number) => void;

interface Pending {
  readonly took: Took | undefined;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Questions to one worker and their answers. The process stays alive only while one is open. */
export class Connection {
  readonly #link: WorkerLink;
  readonly #idle: () => void;
  readonly #spares: Spares;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failure: VaeError | undefined;

  /**
   * @param idle called whenever the last open question was answered
   * @param died called once when the worker ended unasked, after the open questions were rejected
   * @param spares keep the memory that comes back
   */
  constructor(link: WorkerLink, idle: () => void, died: () => void, spares: Spares) {
    this.#link = link;
    this.#spares = spares;
    this.#idle = idle;
    link.listen(
      (reply) => this.#settle(reply),
      (why, cause) => {
        if (this.#failure) return;
        this.#fail(`The worker stopped: ${why}.`, cause);
        died();
      },
    );
    link.hold(false);
  }

  /** True while a question is open. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * @param transfer memory that is handed over, and gone here afterwards
   * @throws VaeError what the worker threw, and "runtime-failed" when it died
   */
  ask<Kind extends Question['kind']>(
    question: Extract<Question, { kind: Kind }>,
    transfer: ArrayBuffer[] = [],
    took?: Took,
  ): Promise<Answers[Kind]> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#link.post({ id, question }, transfer);
      if (this.#pending.size === 0) this.#link.hold(true);
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject, took });
    });
  }

  /**
   * The first question. The SDK's script says at once that it has it, however long the answer takes.
   *
   * @param patienceMs longest silence
   * @throws VaeError as `ask`, "runtime-failed" for a script that says nothing
   */
  start(options: RuntimeOptions, patienceMs: number): Promise<Answers['start']> {
    const seconds = patienceMs / 1000;
    const fall = () =>
      this.#fail(
        `The script said nothing for ${seconds} s, so it is not the SDK's; give workers-script.js of @vae/sdk/dist/platform (node or web).`,
      );
    // In two halves: where this thread stood still for the first, what the worker said is yet to be read.
    this.#silence = setTimeout(() => {
      this.#silence = setTimeout(fall, patienceMs / 2);
    }, patienceMs / 2);
    return this.ask({ kind: 'start', options }).finally(() => clearTimeout(this.#silence));
  }

  /** Ends the worker; open questions are rejected. */
  async stop(): Promise<void> {
    this.#link.hold(true);
    this.#fail('The worker was stopped.');
    await this.#link.stop();
  }

  #settle(reply: Reply): void {
    // The worker is being ended; to let go of it now would let the process end first.
    if (this.#failure) return;
    // Another script may say anything.
    const pending = this.#pending.get(reply?.id);
    if (!pending) return;
    if ('heard' in reply) {
      clearTimeout(this.#silence);
      return;
    }
    this.#pending.delete(reply.id);
    if ('error' in reply) pending.reject(unpackError(reply.error));
    else {
      for (const buffer of reply.spare ?? []) this.#spares.keep(new Float32Array(buffer));
      pending.took?.(reply.ms);
      pending.resolve(reply.answer);
    }
    if (this.#pending.size > 0) return;
    this.#link.hold(false);
    this.#idle();
  }

  #fail(message: string, cause?: unknown): void {
    this.#failure ??= new VaeError('runtime-failed', message, { cause });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
