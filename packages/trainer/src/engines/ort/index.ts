import { availableParallelism } from 'node:os';
import {
  arraysOf,
  type Compiled,
  type Engine,
  type Feeds,
  type Program,
  type Results,
  type State,
  type StepGroup,
} from '../engine.js';
import { requirePrecision } from '../precision.js';
import { ThreadCalls } from '../thread/calls.js';
import type { OrtCall, ThreadSetup } from './calls.js';
import type { OrtSetup } from './devices/device.js';
import { devices, type OrtDeviceName } from './devices/index.js';
import type { Description } from './engine-thread.js';
import { FeedLoans } from './feed-loans.js';
import { FeedMemory } from './parallel/feed-memory.js';

/** All that the engine's thread needs to know. */
export const toOrtSetup = (
  programs: Readonly<Record<string, Program>>,
  state: State,
  threads: number,
  device: OrtDeviceName = 'cpu',
): OrtSetup => devices[device].prepare(programs, state, threads);

class OrtCompiled implements Compiled {
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: string;
  readonly group?: StepGroup;
  private readonly loans: FeedLoans | undefined;

  constructor(
    private readonly thread: ThreadCalls<OrtCall>,
    { description, versions, device, groupSize }: Description,
    { step, fed }: OrtSetup,
  ) {
    this.description = description;
    this.versions = versions;
    this.device = device;
    this.loans = step && fed && new FeedLoans(step, new FeedMemory(step, fed));
    if (groupSize === undefined) return;
    this.group = {
      size: groupSize,
      run: (program, feeds) => this.runSteps(program, feeds),
      lend: (program) => this.loans?.lend(program),
    };
  }

  run(program: string, feeds: Feeds): Promise<Results> {
    return this.thread.ask({ method: 'run', program, feeds }, Object.values(feeds));
  }

  private async runSteps(program: string, feeds: readonly Feeds[]): Promise<Results[]> {
    const slots = feeds.map((one) => this.loans?.slotOf(one));
    const sent = feeds.map((one, i) => (slots[i] === undefined ? one : this.loans!.rest(one, slots[i])));
    const arrays = sent.flatMap((one) => Object.values(one));
    try {
      return await this.thread.ask({ method: 'runSteps', program, feeds: sent, slots }, arrays);
    } finally {
      for (const slot of slots) if (slot !== undefined) this.loans!.giveBack(slot);
    }
  }

  readState(): Promise<State> {
    return this.thread.ask({ method: 'readState' });
  }

  async writeState(state: State): Promise<void> {
    await this.thread.ask({ method: 'writeState', state });
  }

  dispose(): Promise<void> {
    return this.thread.close();
  }
}

/**
 * ONNX Runtime, in a thread of its own so that the caller's event loop stays free.
 *
 * `auto` takes CUDA when a trial run on it succeeds, else the CPU, and notes which and why. On the CPU a training step
 * is divided wherever its objective and its update allow it: see `planStep` and `dealOut`. The same seed and number of
 * threads give the same bytes there; `dealOut` says when another number does too. Numbers of the state too small for
 * full precision (below 2⁻¹²⁶) become 0. On CUDA several steps are one run (`stepsPerRun`), and products are rounded
 * to TF32 where the card has it. Products in float16 are for CUDA and WebGPU. On WebGPU, which is experimental, the state stays on the device.
 */
export const ortEngine: Engine = {
  name: 'ort',
  compile: async (programs, state, { threads = availableParallelism(), device, handOver, onNote } = {}) => {
    const setUp: ThreadSetup = { device };
    const thread = new ThreadCalls<OrtCall>('ort/worker.js', setUp);
    try {
      const choice = thread.ask<{ device: OrtDeviceName; note?: string }>({ method: 'choose' });
      // Raised where it is waited for.
      choice.catch(() => {});
      // The thread is still loading its runtime, which takes as long as to prepare for the most likely device.
      const mayBeCpu = device === undefined || device === 'auto' || device === 'cpu';
      const early = mayBeCpu ? toOrtSetup(programs, state, threads) : undefined;
      const chosen = await choice;
      if (chosen.note !== undefined) onNote?.(chosen.note);
      requirePrecision(programs, { engine: 'ort', device: chosen.device });
      const setup = (chosen.device === 'cpu' && early) || toOrtSetup(programs, state, threads, chosen.device);
      return new OrtCompiled(
        thread,
        await thread.ask({ method: 'open', setup }, handOver ? arraysOf(state) : []),
        setup,
      );
    } catch (error) {
      await thread.close().catch(() => {});
      throw error;
    }
  },
};
