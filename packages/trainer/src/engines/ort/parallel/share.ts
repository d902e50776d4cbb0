import type { OrtSession, OrtTensor, Runtime } from '@vae/sdk/runtime';
import { sizeOf } from '../../../graph/shape.js';
import { Update } from '../../../targets/wasm/index.js';
import { gradientName } from '../../engine.js';
import { createSession, failed } from '../session.js';
import { InPlaceRuns } from './in-place.js';
import type { Feed, StepPlan } from './plan.js';
import type { StepMemory } from './step-memory.js';

/** An array of the step's memory, and the one that the runtime reads or writes for it. */
interface Exchange {
  readonly outer: Float32Array;
  readonly inner: Float32Array;
}

/** One micro-batch: what the runtime is given, and what is copied before and after. */
interface Run {
  readonly feeds: Record<string, OrtTensor>;
  readonly fetches: Record<string, OrtTensor>;
  readonly inputs: readonly Exchange[];
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

  static async open(runtime: Runtime, plan: StepPlan, memory: StepMemory, index: number): Promise<Share> {
    const { name, model, threads, members, sessions } = plan;
    // What spins between two runs is in the way of threads that update.
    const options = { threads, spins: members === sessions };
    const session = index < sessions ? await createSession(runtime, name, model, options) : undefined;
    return new Share(runtime, session, plan, memory, index);
  }

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: OrtSession | undefined,
    private readonly plan: StepPlan,
    private readonly memory: StepMemory,
    private readonly index: number,
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
    const { feeds, parameters, terms, runsPerRegion } = plan;
    const copied = feeds.filter((feed) => !this.isHere(feed, run));
    const inputs = copied.map((feed) => this.exchange(feed.name, memory.feedOfRun(feed, run)));
    const direct = memory.isPlain && runsPerRegion === 1;
    const outputs = parameters.map(({ name }) =>
      this.exchange(gradientName(name), memory.gradient(name, run), direct),
    );
    const termValues = terms.map(() => new Float32Array(1));
    const fed = [
      ...copied.map(({ name, dims }, i) => [name, this.tensor(inputs[i].inner, dims)] as const),
      ...parameters.map(({ name, dims }, i) => [name, this.tensor(this.parameters[i].inner, dims)] as const),
    ];
    const fetched = [
      ...terms.map((name, i) => [name, this.tensor(termValues[i], [])] as const),
      ...parameters.map(
        ({ name, dims }, i) => [gradientName(name), this.tensor(outputs[i].inner, dims)] as const,
      ),
    ];
    return {
      feeds: Object.fromEntries(fed),
      fetches: Object.fromEntries(fetched),
      inputs,
      outputs,
      terms: memory.terms(run),
      termValues,
      first: run % runsPerRegion === 0,
    };
  }

  /** Whether a run reads what is fed where it comes: to the leading thread, and with rows enough. */
  private isHere({ batched, dims, length }: Feed, run: number): boolean {
    return this.index === 0 && batched && (run + 1) * sizeOf(dims) <= length;
  }

  /**
   * What is fed to a step, in the leading thread. Its own runs are shown the array itself; what is left is copied to
   * where the others look.
   */
  feed(feed: Feed, given: Float32Array): void {
    const { name, dims } = feed;
    const here = this.runs.filter((_, run) => this.isHere(feed, run));
    const size = sizeOf(dims);
    for (const [i, { feeds }] of here.entries())
      feeds[name] = this.tensor(given.subarray(i * size, (i + 1) * size), dims);
    const taken = here.length * size;
    this.memory.feed(feed).subarray(taken).set(given.subarray(taken));
  }

  /** Loss, terms and gradients of this thread's micro-batches, into the step's memory. */
  async computeGradients(): Promise<void> {
    for (const run of this.runs) {
      for (const { outer, inner } of run.inputs) if (inner !== outer) inner.set(outer);
      try {
        await this.inPlace!.run(run.feeds, run.fetches, run.termValues[0]);
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
