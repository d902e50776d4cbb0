import type { Runtime } from '@vae/sdk/runtime';
import type { Feeds, Program, Results, State } from '../../engine.js';
import { OrtPrograms } from '../ort-programs.js';
import { ParallelStep } from '../parallel/parallel-step.js';
import { planStep, type StepPlan } from '../parallel/plan.js';
import type { DevicePrograms, OrtDevice, OrtSetup } from './device.js';
import { whole } from './whole.js';

const without = <Value>(record: Readonly<Record<string, Value>>, name: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** The first program that can be divided. */
function planFirst(
  programs: Readonly<Record<string, Program>>,
  state: State,
  threads: number,
): StepPlan | undefined {
  for (const [name, program] of Object.entries(programs)) {
    const plan = planStep(name, program, state, { threads });
    if (plan) return plan;
  }
  return undefined;
}

/** The step in parts, the other programs as whole graphs over a copy of its state. */
class DividedPrograms implements DevicePrograms {
  /** Whether the step has changed the state since the other programs saw it. */
  private stale = false;

  constructor(
    private readonly step: ParallelStep,
    private readonly programs: OrtPrograms,
  ) {}

  async run(name: string, feeds: Feeds): Promise<Results> {
    if (this.step.name === name) {
      this.stale = true;
      return this.step.run(feeds);
    }
    if (this.stale) this.programs.writeState(this.step.readState(this.programs.reads));
    this.stale = false;
    return this.programs.run(name, feeds);
  }

  readState(): State {
    return this.step.readState();
  }

  writeState(state: State): void {
    this.step.writeState(state);
    this.stale = true;
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
    await this.programs.dispose();
  }
}

async function open(runtime: Runtime, setup: OrtSetup): Promise<DevicePrograms> {
  if (!setup.step) return whole.open(runtime, setup);
  const step = await ParallelStep.open(runtime, setup.step, setup.state);
  try {
    const programs = without(setup.programs, setup.step.name);
    const names = new Set(Object.values(programs).flatMap(({ reads }) => reads));
    const looks = await OrtPrograms.open(runtime, { ...setup, programs, state: step.readState(names) });
    const opened = new DividedPrograms(step, looks);
    await step.ready();
    return opened;
  } catch (error) {
    await step.dispose();
    throw error;
  }
}

/** onnxruntime-node on the processor: a step is divided wherever `planStep` finds a way. */
export const cpu: OrtDevice = {
  prepare: (programs, state, threads) => ({
    ...whole.prepare(programs, state, threads),
    step: planFirst(programs, state, threads),
  }),
  open,
};
