import type { OrtSession, OrtTensor, Runtime } from '@vae/sdk/runtime';
import { gradientName } from '../../../graph/value.js';
import { drawNoise, type NoiseRows } from '../../../noise/draw-noise.js';
import { createSession, failed } from '../session.js';
import type { FeedMemory } from './feed-memory.js';
import { InPlaceRuns } from './in-place.js';
import type { Feed, StepPlan } from './plan.js';
import type { StepMemory } from './step-memory.js';
import { Update } from './update.js';

/** An array of the step's memory, and the one that the runtime reads or writes for it. */
interface Exchange {
  readonly outer: Float32Array;
  readonly inner: Float32Array;
}

/** What a run reads of one slot, and what is drawn or copied before. */
interface Fed {
  readonly inputs: readonly (Exchange & Pick<Feed, 'name' | 'noise'>)[];
  readonly tensors: Readonly<Record<string, OrtTensor>>;
}

/** One micro-batch: what the runtime is given, and what is copied after. */
interface Run {
  readonly index: number;
  /** By slot; made when the slot comes for the first time. */
  readonly fed: Map<number, Fed>;
  readonly fetches: Record<string, OrtTensor>;
  readonly outputs: readonly Exchange[];
  readonly terms: Float32Array;
  readonly termValues: readonly Float32Array[];
  /** Whether it is the first of its region: its gradients replace what was there. */
  readonly first: boolean;
}

const replace = (target: Float32Array, values: Float32Array): void => target.set(values);

function addTo(total: Float32Array, part: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] += part[i];
}

/** What one thread does for a training step: some of the micro-batches, if it has a session, then some of the update. */
export class Share {
  private readonly update: Update;
  private readonly runs: readonly Run[];
  private readonly parameters: readonly Exchange[];
  private readonly own = new Map<string, Float32Array>();
  private readonly inPlace: InPlaceRuns | undefined;

  static async open(
    runtime: Runtime,
    plan: StepPlan,
    memory: StepMemory,
    feeds: FeedMemory,
    index: number,
  ): Promise<Share> {
    const { name, model, threads, members, sessions } = plan;
    // What spins between two runs is in the way of threads that update.
    const options = { threads, spins: members === sessions };
    const session = index < sessions ? await createSession(runtime, name, model, options) : undefined;
    return new Share(runtime, session, plan, memory, feeds, index);
  }

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: OrtSession | undefined,
    private readonly plan: StepPlan,
    private readonly memory: StepMemory,
    private readonly feeds: FeedMemory,
    index: number,
  ) {
    const { update, members, sessions, runs } = plan;
    this.inPlace = session && new InPlaceRuns(session);
    this.update = new Update(update, memory.memory, memory.work, { index, count: members });
    const parameters = session ? plan.parameters : [];
    this.parameters = parameters.map(({ name }) => this.exchange(name, memory.state(name)));
    const each = session ? runs / sessions : 0;
    this.runs = Array.from({ length: each }, (_, i) => this.prepare(index * each + i));
  }

  /** onnxruntime-node refuses shared memory; where it is not shown as a plain one, a thread has arrays of its own beside it. */
  private exchange(name: string, outer: Float32Array, direct = this.memory.isPlain): Exchange {
    if (direct) return { outer, inner: outer };
    const inner = this.own.get(name) ?? new Float32Array(outer.length);
    this.own.set(name, inner);
    return { outer, inner };
  }

  private tensor(data: Float32Array, dims: readonly number[]): OrtTensor {
    return new this.runtime.ort.Tensor('float32', data, dims);
  }

  private prepare(run: number): Run {
    const { plan, memory } = this;
    const { parameters, terms, runsPerRegion } = plan;
    const direct = memory.isPlain && runsPerRegion === 1;
    const outputs = parameters.map(({ name }) =>
      this.exchange(gradientName(name), memory.gradient(name, run), direct),
    );
    const termValues = terms.map(() => new Float32Array(1));
    const fetched = [
      ...terms.map((name, i) => [name, this.tensor(termValues[i], [])] as const),
      ...parameters.map(
        ({ name, dims }, i) => [gradientName(name), this.tensor(outputs[i].inner, dims)] as const,
      ),
    ];
    return {
      index: run,
      fed: new Map(),
      fetches: Object.fromEntries(fetched),
      outputs,
      terms: memory.terms(run),
      termValues,
      first: run % runsPerRegion === 0,
    };
  }

  private fedTo({ index, fed }: Run, slot: number): Fed {
    const known = fed.get(slot);
    if (known) return known;
    const { feeds, parameters } = this.plan;
    const inputs = feeds.map((feed) => {
      const { name, noise } = feed;
      // What a thread draws is its own: the next run overwrites it in the cache.
      const direct = this.feeds.isPlain && !noise;
      return { name, noise, ...this.exchange(name, this.feeds.ofRun(slot, feed, index), direct) };
    });
    const tensors = [
      ...feeds.map(({ name, dims }, i) => [name, this.tensor(inputs[i].inner, dims)] as const),
      ...parameters.map(({ name, dims }, i) => [name, this.tensor(this.parameters[i].inner, dims)] as const),
    ];
    const made = { inputs, tensors: Object.fromEntries(tensors) };
    fed.set(slot, made);
    return made;
  }

  /** Noise is drawn where it is used: the caller's thread would have to take one of the threads' processors for it. */
  private fill({ outer, inner, name, noise }: Fed['inputs'][number], rows: NoiseRows | undefined): void {
    if (noise && rows) {
      const size = inner.length / this.plan.rows;
      drawNoise(inner, noise, { ...rows, stream: name, size });
      inner.fill(0, rows.indices.length * size);
    } else if (inner !== outer) inner.set(outer);
  }

  /** Loss, terms and gradients of this thread's micro-batches, into the step's memory. */
  async computeGradients(): Promise<void> {
    const [slot] = this.memory.slot;
    for (const run of this.runs) {
      const { inputs, tensors } = this.fedTo(run, slot);
      const rows = this.feeds.drawnFor(slot, run.index);
      for (const input of inputs) this.fill(input, rows);
      try {
        await this.inPlace!.run(tensors, run.fetches, run.termValues[0]);
      } catch (cause) {
        throw failed(`running the program "${this.plan.name}"`, cause);
      }
      for (const { outer, inner } of run.outputs)
        if (inner !== outer) (run.first ? replace : addTo)(outer, inner);
      for (const [i, [value]] of run.termValues.entries()) run.terms[i] = value;
    }
  }

  /** Takes up the numbers that the next update needs beside the arrays. */
  beginUpdate(): number {
    const { scalarInputs } = this.plan.update;
    const values = new Map(scalarInputs.map(([, name], i) => [name, this.memory.scalars[i]]));
    this.update.begin((name) => values.get(name)!);
    return this.update.levels;
  }

  updateLevel(level: number): void {
    this.update.level(level);
  }

  updateResults(): Map<string, number> {
    return this.update.results();
  }

  /** Takes over the parameters as they are in the step's memory. */
  refresh(): void {
    for (const { outer, inner } of this.parameters) if (inner !== outer) inner.set(outer);
  }

  async dispose(): Promise<void> {
    await this.session?.release();
  }
}
