import { availableParallelism } from 'node:os';
import { writeOnnx } from '../../onnx/writer.js';
import { exportTarget } from '../../targets/export.js';
import { lower } from '../../targets/lower.js';
import type { Compiled, Engine, Feeds, Program, Results, State } from '../engine.js';
import { Channel } from './channel.js';
import type { OrtSetup } from './engine-thread.js';
import { planStep, type StepPlan } from './parallel/plan.js';
import type { OrtProgram } from './programs.js';

/** Lowers a program for ONNX Runtime; its batch size, where it is fixed, becomes part of the file. */
export function toOrtProgram(program: Program, state: State): OrtProgram {
  const model = lower(program.graph, exportTarget, { batch: program.batch });
  return {
    bytes: writeOnnx(model),
    feeds: model.inputs.filter(({ name }) => !(name in state)),
    reads: model.inputs.map(({ name }) => name).filter((name) => name in state),
    updates: [...program.updates],
  };
}

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

/** All that the engine's thread needs to know. */
export function toOrtSetup(
  programs: Readonly<Record<string, Program>>,
  state: State,
  threads: number,
): OrtSetup {
  const lowered = Object.entries(programs).map(([name, program]) => [name, toOrtProgram(program, state)]);
  return {
    programs: Object.fromEntries(lowered),
    state,
    threads,
    step: planFirst(programs, state, threads),
  };
}

class OrtCompiled implements Compiled {
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;

  constructor(
    private readonly channel: Channel,
    { description, versions }: Pick<Compiled, 'description' | 'versions'>,
  ) {
    this.description = description;
    this.versions = versions;
  }

  run(program: string, feeds: Feeds): Promise<Results> {
    return this.channel.ask({ method: 'run', program, feeds }, Object.values(feeds));
  }

  readState(): Promise<State> {
    return this.channel.ask({ method: 'readState' });
  }

  async writeState(state: State): Promise<void> {
    await this.channel.ask({ method: 'writeState', state });
  }

  dispose(): Promise<void> {
    return this.channel.close();
  }
}

/**
 * ONNX Runtime, in a thread of its own so that the caller's event loop stays free.
 *
 * On onnxruntime-node a training step is divided wherever its objective and its update allow it: see `planStep` and
 * `dealOut`. The same seed and number of threads give the same bytes; `dealOut` says when another number does too.
 * Numbers of the state too small for full precision (below 2⁻¹²⁶) become 0.
 */
export const ortEngine: Engine = {
  name: 'ort',
  compile: async (programs, state, { threads = availableParallelism() } = {}) => {
    const channel = new Channel(toOrtSetup(programs, state, threads));
    try {
      return new OrtCompiled(channel, await channel.ask({ method: 'describe' }));
    } catch (error) {
      await channel.close().catch(() => {});
      throw error;
    }
  },
};
