import type { Runtime } from '@vae/sdk/runtime';
import { TrainerError } from '../../../errors.js';
import type { Feeds, Results, State } from '../../engine.js';
import { Crew } from './crew.js';
import { FeedMemory } from './feed-memory.js';
import { fromFile, toFile } from './layout.js';
import type { Feed, StepPlan } from './plan.js';
import { Share } from './share.js';
import { StepMemory } from './step-memory.js';
import { takePart } from './take-part.js';

type Tensor = State[string];

/** A training step divided over threads, with its state; the thread that calls it leads. */
export class ParallelStep {
  private disposed: Promise<void> | undefined;
  private readonly shapes = new Map<string, readonly number[]>();

  private constructor(
    private readonly plan: StepPlan,
    private readonly memory: StepMemory,
    private readonly feeds: FeedMemory,
    private readonly share: Share,
    private readonly crew: Crew,
  ) {}

  /** @param shared memory of what is fed, where the caller fills some of it */
  static async open(
    runtime: Runtime,
    plan: StepPlan,
    state: State,
    shared: readonly SharedArrayBuffer[] = FeedMemory.allocate(plan, 1),
  ): Promise<ParallelStep> {
    const memory = new StepMemory(plan, StepMemory.allocate(plan));
    const feeds = new FeedMemory(plan, shared);
    const share = await Share.open(runtime, plan, memory, feeds, 0);
    const step = new ParallelStep(plan, memory, feeds, share, new Crew(plan, memory, feeds));
    try {
      step.writeState(state);
    } catch (error) {
      await step.dispose();
      throw error;
    }
    return step;
  }

  /** Resolves when all threads are there. */
  async ready(): Promise<void> {
    await this.crew.open();
  }

  get name(): string {
    return this.plan.name;
  }

  /**
   * One training step.
   *
   * @param slot where what is not among the feeds lies already, or whose noise is drawn; left out, all is among them
   * @throws TrainerError "engine-failed" where the feeds do not fit (nothing has changed then), a run fails or a
   * thread is no more (the state is lost then)
   */
  async run(feeds: Feeds, slot?: number): Promise<Results> {
    for (const feed of this.plan.feeds)
      if (slot === undefined || feed.name in feeds)
        this.feeds.ofStep(slot ?? 0, feed).set(this.checked(feed, feeds));
    this.memory.slot[0] = slot ?? 0;
    for (const [, name] of this.plan.update.scalarInputs)
      if (name in feeds) this.memory.state(name).set(feeds[name]);
    try {
      await takePart(this.share, () => this.crew.meet());
    } catch (error) {
      this.crew.abandon(error as TrainerError);
      throw error;
    }
    return this.results();
  }

  private checked({ name, length }: Feed, feeds: Feeds): Float32Array {
    const given = feeds[name];
    if (given?.length === length) return given;
    throw new TrainerError(
      'engine-failed',
      `The program "${this.plan.name}" takes ${length} numbers for "${name}", got ${given?.length ?? 'none'}.`,
    );
  }

  /** Terms summed over the micro-batches in their order; numbers of the state go on to the next step. */
  private results(): Results {
    const { terms, runs, update } = this.plan;
    const totals = terms.map(() => 0);
    for (let run = 0; run < runs; run++)
      for (const [i, value] of this.memory.terms(run).entries()) totals[i] += value;
    const results = Object.fromEntries(terms.map((name, i) => [name, Float32Array.of(totals[i])]));
    const replaced = new Map(this.plan.updates.map(([state, output]) => [output, state]));
    const numbers = this.share.updateResults();
    for (const [, name] of update.scalarOutputs) {
      const state = replaced.get(name);
      if (state === undefined) results[name] = Float32Array.of(numbers.get(name)!);
      else this.memory.state(state)[0] = numbers.get(name)!;
    }
    return results;
  }

  /** One tensor of the state, as a copy unless the memory itself may be given. */
  private read(name: string, isShown: boolean): Tensor {
    const shape = this.shapes.get(name)!;
    const memory = this.memory.state(name);
    const data = fromFile(memory, shape, this.plan.layouts.get(name));
    return { data: data === memory && !isShown ? memory.slice() : data, shape };
  }

  /** A copy of the state. */
  readState(): State {
    this.crew.check();
    return Object.fromEntries([...this.shapes.keys()].map((name) => [name, this.read(name, false)]));
  }

  /** What the runtime may read of the state until the next step: this memory where it is shown, else a copy. */
  lookAt(names: Iterable<string>): State {
    this.crew.check();
    return Object.fromEntries([...names].map((name) => [name, this.read(name, this.memory.isPlain)]));
  }

  writeState(state: State): void {
    for (const [name, tensor] of Object.entries(state)) {
      const target = this.memory.state(name);
      if (target.length !== tensor.data.length)
        throw new TrainerError(
          'engine-failed',
          `The state's "${name}" has ${tensor.data.length} numbers, the programs need ${target.length}.`,
        );
      target.set(toFile(tensor, this.plan.layouts.get(name)));
      this.shapes.set(name, [...tensor.shape]);
    }
  }

  /** Ends the other threads; asked for again, it is the same end. */
  dispose(): Promise<void> {
    this.disposed ??= this.crew.close().then(() => this.share.dispose());
    return this.disposed;
  }
}
