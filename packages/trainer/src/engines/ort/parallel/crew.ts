import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { TrainerError } from '../../../errors.js';
import { builtFile } from '../../thread/built-file.js';
import { Barrier } from './barrier.js';
import type { FeedMemory } from './feed-memory.js';
import type { StepPlan } from './plan.js';
import type { StepMemory } from './step-memory.js';

/** How long the leading thread sleeps before it looks whether all others are still there. */
const PATIENCE_MS = 20;

/**
 * The threads beside the leading one. They are started from it, after its first session: where `countDenormalsAsZero`
 * cannot set it, the processor's way with denormal numbers is then that thread's on Linux, and all compute alike.
 */
export class Crew {
  private readonly workers: readonly Worker[];
  private readonly barrier: Barrier;
  private failure: TrainerError | undefined;
  private readonly ready: Promise<unknown>;
  private ending = false;

  constructor(plan: StepPlan, memory: StepMemory, feeds: FeedMemory) {
    this.barrier = new Barrier(memory.barrier, plan.members);
    this.workers = Array.from({ length: plan.members - 1 }, (_, i) => {
      const workerData = { plan, memory: memory.memory, feeds: feeds.memory, index: i + 1 };
      const worker = new Worker(builtFile('ort/parallel/member.js'), { workerData, env: SHARE_ENV });
      worker.on('error', (cause) => this.fail(`stopped with an error (${cause.message})`, cause));
      worker.on('exit', (code) => this.fail(`ended (exit code ${code})`));
      return worker;
    });
    this.ready = Promise.all(this.workers.map((worker) => this.hear(worker)));
    // Raised where it is waited for.
    this.ready.catch(() => {});
  }

  private async hear(worker: Worker): Promise<void> {
    await new Promise<void>((resolve) => {
      worker.once('message', () => resolve());
      worker.once('exit', () => resolve());
    });
    if (this.failure) throw this.failure;
  }

  private fail(what: string, cause?: unknown): void {
    if (this.ending) return;
    this.failure ??= new TrainerError('engine-failed', `A thread of the engine ${what}.`, { cause });
  }

  /** @throws TrainerError "engine-failed" where one of the threads did not start */
  async open(): Promise<void> {
    await this.ready;
  }

  /**
   * Waits for all threads.
   *
   * @throws TrainerError "engine-failed" where one of them is no more, now and from then on
   */
  async meet(): Promise<void> {
    this.check();
    if (this.workers.length === 0) return;
    const round = this.barrier.arrive();
    while (!this.barrier.wait(round, PATIENCE_MS)) {
      // Ends of threads are events, which have their turn here.
      await new Promise((resolve) => setImmediate(resolve));
      this.check();
    }
  }

  /** @throws TrainerError "engine-failed" where the threads do not go together any more */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Gives up after an error of the leading thread: the others wait for it at a place that it never reached. */
  abandon(error: TrainerError): void {
    if (this.workers.length > 0) this.failure ??= error;
  }

  async close(): Promise<void> {
    this.ending = true;
    const running = this.workers.filter(({ threadId }) => threadId !== -1);
    await Promise.all(
      running.map(async (worker) => {
        const exited = once(worker, 'exit');
        await worker.terminate();
        await exited;
      }),
    );
  }
}
