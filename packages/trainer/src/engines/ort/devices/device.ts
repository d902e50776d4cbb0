import type { Runtime } from '@vae/sdk/runtime';
import type { Feeds, Program, Results, State } from '../../engine.js';
import type { ProgramSetup } from '../ort-programs.js';
import type { StepPlan } from '../parallel/plan.js';

/** What the engine's thread is told: bytes, names and numbers, nothing that refers to a graph. */
export interface OrtSetup extends ProgramSetup {
  /** How one of the programs can be run in parts. */
  readonly step?: StepPlan;
  /** Memory of what is fed to it, which the caller fills. */
  readonly fed?: readonly SharedArrayBuffer[];
  /** The programs that take several steps at once, and how many are worth it. */
  readonly several?: { readonly names: readonly string[]; readonly size: number };
}

/** Programs over one state, in the engine's thread. One call at a time. */
export interface DevicePrograms {
  run(program: string, feeds: Feeds): Promise<Results>;
  /** Only where the setup has `several`; of each step the slot of `fed` with what is not among its feeds, where there is one. */
  runSteps?(
    program: string,
    feeds: readonly Feeds[],
    slots?: readonly (number | undefined)[],
  ): Promise<Results[]>;
  readState(): State | Promise<State>;
  writeState(state: State): void | Promise<void>;
  dispose(): Promise<void>;
}

/** One way of keeping the state from step to step. */
export interface OrtDevice {
  /** In the caller's thread: lowers the programs. */
  prepare(programs: Readonly<Record<string, Program>>, state: State, threads: number): OrtSetup;
  /** In the engine's thread. */
  open(runtime: Runtime, setup: OrtSetup): Promise<DevicePrograms>;
}
