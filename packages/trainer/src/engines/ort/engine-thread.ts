import { loadRuntime, type Runtime } from '@vae/sdk/runtime';
import type { Compiled, Feeds, Results, State } from '../engine.js';
import { ParallelStep } from './parallel/parallel-step.js';
import type { StepPlan } from './parallel/plan.js';
import { OrtPrograms, type ProgramSetup } from './programs.js';

export interface OrtSetup extends ProgramSetup {
  /** How one of the programs can be run in parts. */
  readonly step?: StepPlan;
}

const without = <Value>(record: Readonly<Record<string, Value>>, name: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** All programs and their state, in the thread that computes. */
export class EngineThread {
  /** Whether the step has changed the state since the other programs saw it. */
  private stale = false;

  private constructor(
    private readonly runtime: Runtime,
    private readonly setup: OrtSetup,
    private readonly programs: OrtPrograms,
    private readonly step: ParallelStep | undefined,
  ) {}

  static async open(setup: OrtSetup): Promise<EngineThread> {
    const runtime = await loadRuntime();
    // onnxruntime-web has one thread, and writes into no arrays of ours.
    if (!setup.step || runtime.name !== 'onnxruntime-node')
      return new EngineThread(runtime, setup, await OrtPrograms.open(runtime, setup), undefined);
    const step = await ParallelStep.open(runtime, setup.step, setup.state);
    try {
      const programs = without(setup.programs, setup.step.name);
      const names = new Set(Object.values(programs).flatMap(({ reads }) => reads));
      const looks = { ...setup, programs, state: step.readState(names) };
      const opened = new EngineThread(runtime, setup, await OrtPrograms.open(runtime, looks), step);
      await step.ready();
      return opened;
    } catch (error) {
      await step.dispose();
      throw error;
    }
  }

  describe(): Pick<Compiled, 'description' | 'versions'> {
    const { name, version, device } = this.runtime;
    // The WebAssembly runtime computes on one thread whatever it is asked for.
    const count = device === 'wasm' ? 1 : this.setup.threads;
    const threads = `${count} thread${count === 1 ? '' : 's'}`;
    return { description: `${name} ${version} (${device}, ${threads})`, versions: { [name]: version } };
  }

  async run(name: string, feeds: Feeds): Promise<Results> {
    if (this.step?.name === name) {
      this.stale = true;
      return this.step.run(feeds);
    }
    if (this.step && this.stale) this.programs.writeState(this.step.readState(this.programs.reads));
    this.stale = false;
    return this.programs.run(name, feeds);
  }

  readState(): State {
    return (this.step ?? this.programs).readState();
  }

  writeState(state: State): void {
    (this.step ?? this.programs).writeState(state);
    this.stale = true;
  }

  async dispose(): Promise<void> {
    await this.step?.dispose();
    await this.programs.dispose();
  }
}
