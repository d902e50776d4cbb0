import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { TrainerError } from '../../errors.js';
import { resolveShape } from '../../graph/shape.js';
import type { Input } from '../../graph/value.js';
import { batchOf, type Compiled, type Feeds, type Results, type State } from '../engine.js';
import { type Backend, type BackendOptions, openBackend } from './backends.js';
import { LoadedPlan } from './interpret.js';
import { isTrainPlan, type Plan, type TfjsProgram, type TrainPlan } from './plan.js';
import { probe } from './probe.js';

export interface TfjsSetup extends BackendOptions {
  readonly programs: Readonly<Record<string, TfjsProgram>>;
  readonly state: State;
}

/** What a run gives: tensors by output name. */
type Outcome = Map<string, Tensor>;
type Loaded = {
  readonly inputs: readonly Input[];
  readonly batch?: number;
  readonly updates: TfjsProgram['updates'];
  run(held: ReadonlyMap<string, Tensor>, batch: number): Outcome;
  dispose(): void;
};

const failed = (what: string, cause: unknown): TrainerError =>
  new TrainerError('engine-failed', `tfjs: ${what} failed (${(cause as Error).message}).`, { cause });

/** Programs over one state, run by TensorFlow.js on the thread that asks. */
export class TfjsPrograms implements Compiled {
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: Backend['device'];
  readonly notes: readonly string[];
  private readonly state = new Map<string, Variable>();
  private readonly programs = new Map<string, Loaded>();
  private disposed = false;

  private constructor(
    private readonly backend: Backend,
    { programs, state }: TfjsSetup,
  ) {
    this.description = backend.description;
    this.versions = backend.versions;
    this.device = backend.device;
    this.notes = backend.notes;
    for (const [name, { data, shape }] of Object.entries(state))
      this.state.set(name, this.variable(data, shape));
    for (const [name, program] of Object.entries(programs)) this.programs.set(name, this.load(program));
  }

  /** @throws TrainerError "engine-failed" naming the operator that the back end lacks, or the device it cannot use */
  static async open(setup: TfjsSetup): Promise<TfjsPrograms> {
    const backend = await openBackend(setup);
    for (const [name, program] of Object.entries(setup.programs)) probe(backend, name, program);
    try {
      return new TfjsPrograms(backend, setup);
    } catch (cause) {
      throw failed('loading the weights', cause);
    }
  }

  private variable(data: Float32Array, shape: readonly number[]): Variable {
    // The pure JavaScript back end keeps the array that it is given.
    const { tf } = this.backend;
    return tf.tidy(() => tf.variable(tf.tensor(data.slice(), [...shape])));
  }

  private load({ plan, batch, updates }: TfjsProgram): Loaded {
    return isTrainPlan(plan)
      ? { batch, updates, ...this.loadTraining(plan) }
      : { batch, updates, ...this.loadWhole(plan) };
  }

  private loadWhole(plan: Plan): Pick<Loaded, 'inputs' | 'run' | 'dispose'> {
    const loaded = new LoadedPlan(this.backend.tf, plan);
    return {
      inputs: plan.inputs,
      run: (held, batch) => loaded.run(held, batch),
      dispose: () => loaded.dispose(),
    };
  }

  private loadTraining({
    forward,
    update,
    gradients,
  }: TrainPlan): Pick<Loaded, 'inputs' | 'run' | 'dispose'> {
    const { tf } = this.backend;
    const [looking, updating] = [new LoadedPlan(tf, forward), new LoadedPlan(tf, update)];
    const received = new Set(gradients.values());
    return {
      inputs: [...forward.inputs, ...update.inputs.filter(({ name }) => !received.has(name))],
      run: (held, batch) => {
        const { outcome, slopes } = this.differentiate(looking, held, batch, [...gradients.keys()]);
        const fed = [...slopes].map(([name, slope]) => [gradients.get(name)!, slope] as const);
        return new Map([...outcome, ...updating.run(new Map([...held, ...fed]), batch)]);
      },
      dispose: () => {
        looking.dispose();
        updating.dispose();
      },
    };
  }

  /** The results of a forward graph, and the gradient of its loss for each parameter. */
  private differentiate(
    plan: LoadedPlan,
    held: ReadonlyMap<string, Tensor>,
    batch: number,
    parameters: readonly string[],
  ): { outcome: Outcome; slopes: Map<string, Tensor> } {
    const { tf } = this.backend;
    const variables = parameters.map((name) => this.state.get(name)!);
    const kept: Outcome = new Map();
    try {
      const { grads } = tf.variableGrads(() => {
        const outcome = plan.run(held, batch);
        // Only the loss would outlive the backward pass.
        for (const [name, value] of outcome) kept.set(name, tf.keep(value.clone()));
        return outcome.get('loss') as Scalar;
      }, variables);
      const slopeOf = (variable: Variable) => grads[variable.name] ?? tf.zeros(variable.shape);
      return {
        outcome: new Map([...kept].map(([name, value]) => [name, value.clone()])),
        slopes: new Map(parameters.map((name, i) => [name, slopeOf(variables[i])])),
      };
    } finally {
      tf.dispose([...kept.values()]);
    }
  }

  async run(name: string, feeds: Feeds): Promise<Results> {
    const program = this.programs.get(name);
    if (this.disposed || !program)
      throw new TrainerError('engine-failed', `tfjs: there is no program "${name}" to run.`);
    try {
      return this.execute(program, feeds);
    } catch (cause) {
      throw failed(`running the program "${name}"`, cause);
    }
  }

  private execute(program: Loaded, feeds: Feeds): Results {
    const { tf } = this.backend;
    const batch = batchOf({ batch: program.batch, graph: program }, feeds);
    return tf.tidy(() => {
      const outcome = program.run(this.feed(program.inputs, feeds, batch), batch);
      const updated = new Set(program.updates.values());
      const results: Results = {};
      for (const [output, value] of outcome)
        if (!updated.has(output)) results[output] = value.dataSync() as Float32Array;
      // Nothing can fail from here on, so that a state is never half of one step and half of the next.
      for (const [state, output] of program.updates) this.state.get(state)!.assign(outcome.get(output)!);
      return results as never;
    });
  }

  private feed(inputs: readonly Input[], feeds: Feeds, batch: number): Map<string, Tensor> {
    const { tf } = this.backend;
    const fed = inputs
      .filter(({ name }) => name in feeds)
      .map(({ name, shape }) => [name, tf.tensor(feeds[name], resolveShape(shape, batch))] as const);
    return new Map<string, Tensor>([...this.state, ...fed]);
  }

  async readState(): Promise<State> {
    const entries = [...this.state].map(([name, variable]) => [
      name,
      { data: (variable.dataSync() as Float32Array).slice(), shape: [...variable.shape] },
    ]);
    return Object.fromEntries(entries);
  }

  async writeState(state: State): Promise<void> {
    for (const [name, { data, shape }] of Object.entries(state)) {
      this.state.get(name)?.dispose();
      this.state.set(name, this.variable(data, shape));
    }
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    for (const program of this.programs.values()) program.dispose();
    for (const variable of this.state.values()) variable.dispose();
  }
}
