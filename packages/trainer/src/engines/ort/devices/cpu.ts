import type { Runtime } from '@vae/sdk/runtime';
import type { Feeds, Program, Results, State } from '../../engine.js';
import { letGo } from '../../let-go.js';
import { OrtPrograms } from '../ort-programs.js';
import { FeedMemory } from '../parallel/feed-memory.js';
import { ParallelStep } from '../parallel/parallel-step.js';
import { canBePlain } from '../parallel/plain-memory.js';
import { planStep, type StepPlan } from '../parallel/plan.js';
import type { DevicePrograms, OrtDevice, OrtSetup } from './device.js';
import { whole } from './whole.js';

const without = <Value>(record: Readonly<Record<string, Value>>, name: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** The program that trains, where it can be divided; others look at its memory, which it alone may change. */
function planTraining(
  programs: Readonly<Record<string, Program>>,
  state: State,
  threads: number,
): StepPlan | undefined {
  const [training, another] = Object.entries(programs).filter(([, { updates }]) => updates.size > 0);
  if (!training || another) return undefined;
  return planStep(...training, state, { threads, plain: canBePlain() });
}

/** The step in parts, the other programs as whole graphs over its state. */
class DividedPrograms implements DevicePrograms {
  /** Whether the step has changed the state since the other programs saw it. */
  private stale = false;

  constructor(
    private readonly step: ParallelStep,
    private readonly programs: OrtPrograms,
  ) {}

  async run(name: string, feeds: Feeds, slot?: number): Promise<Results> {
    if (this.step.name === name) {
      this.stale = true;
      return this.step.run(feeds, slot);
    }
    if (this.stale) this.programs.writeState(this.step.lookAt(this.programs.reads));
    this.stale = false;
    return this.programs.run(name, feeds);
  }

  /** One after another: what is saved is the way between the threads. */
  async runSteps(
    name: string,
    feeds: readonly Feeds[],
    slots: readonly (number | undefined)[] = [],
  ): Promise<Results[]> {
    const results: Results[] = [];
    for (const [i, one] of feeds.entries()) results.push(await this.run(name, one, slots[i]));
    return results;
  }

  readState(): State {
    return this.step.readState();
  }

  writeState(state: State): void {
    this.step.writeState(state);
    letGo(state);
    this.stale = true;
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
    await this.programs.dispose();
  }
}

async function open(runtime: Runtime, setup: OrtSetup): Promise<DevicePrograms> {
  if (!setup.step) return whole.open(runtime, setup);
  const step = await ParallelStep.open(runtime, setup.step, setup.state, setup.fed);
  letGo(setup.state);
  try {
    const programs = without(setup.programs, setup.step.name);
    const names = new Set(Object.values(programs).flatMap(({ reads }) => reads));
    // Training goes on after a look: threads that wait for another one would be in its way.
    const shown = { ...setup, programs, state: step.lookAt(names), spins: false };
    const looks = await OrtPrograms.open(runtime, shown);
    const opened = new DividedPrograms(step, looks);
    await step.ready();
    return opened;
  } catch (error) {
    await step.dispose();
    throw error;
  }
}

const MOST_STEPS = 8;
/** What is fed to the steps of one message, which waits in memory while the one before it is worked on. */
const MAX_FEED_BYTES = 2 ** 21;

/**
 * Steps in one message to the engine's thread. For a small network the way there and back, and the turn that the
 * threads of a busy processor take with it, cost as much as a part of the step.
 */
function stepsPerMessage({ feeds }: StepPlan): number {
  const bytes = feeds.reduce((sum, { length }) => sum + Float32Array.BYTES_PER_ELEMENT * length, 0);
  return Math.max(1, Math.min(MOST_STEPS, Math.floor(MAX_FEED_BYTES / bytes)));
}

/** Groups whose feeds are out at once: one is worked on, one waits for it, and one is being filled. */
const GROUPS = 3;

/** onnxruntime-node on the processor: a step is divided wherever `planStep` finds a way. */
export const cpu: OrtDevice = {
  prepare(programs, state, threads) {
    const step = planTraining(programs, state, threads);
    const setup = whole.prepare(programs, state, threads);
    if (!step) return setup;
    const size = stepsPerMessage(step);
    const fed = FeedMemory.allocate(step, 1 + GROUPS * size);
    return { ...setup, step, fed, several: { names: [step.name], size } };
  },
  open,
};
