import { loadRuntime, type OrtSession, type OrtTensor, type Runtime } from '@vae/sdk/runtime';
import { TrainerError } from '../../errors.js';
import type { Compiled, Feeds, Results, State } from '../engine.js';

/** A program as a thread receives it: bytes and names, nothing that refers to a graph. */
export interface OrtProgram {
  readonly bytes: Uint8Array;
  /** Fed inputs with their extents for one sample; the batch size follows from the data. */
  readonly feeds: readonly { readonly name: string; readonly dims: readonly (number | string)[] }[];
  /** State inputs that the graph reads. */
  readonly reads: readonly string[];
  /** State input and the output that replaces it. */
  readonly updates: readonly (readonly [string, string])[];
}

export interface OrtSetup {
  readonly programs: Readonly<Record<string, OrtProgram>>;
  readonly state: State;
  readonly threads: number;
}

type OrtResults = Readonly<Record<string, OrtTensor>>;

/** One state tensor twice: what the next run reads, and where its successor is written. */
interface Slot {
  current: OrtTensor;
  spare: OrtTensor;
}

const failed = (what: string, cause: unknown): TrainerError =>
  new TrainerError('engine-failed', `onnxruntime: ${what} failed (${(cause as Error).message}).`, { cause });

/** `N` in a shape is the one extent that the number of values leaves open. */
function resolveDims(dims: readonly (number | string)[], count: number): number[] {
  const known = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  return dims.map((dim) => (typeof dim === 'number' ? dim : count / known));
}

/** Sessions over one state, in the thread that holds them. */
export class OrtPrograms {
  private readonly sessions = new Map<string, OrtSession>();
  private readonly slots = new Map<string, Slot>();

  private constructor(
    private readonly runtime: Runtime,
    private readonly setup: OrtSetup,
  ) {}

  static async open(setup: OrtSetup): Promise<OrtPrograms> {
    const opened = new OrtPrograms(await loadRuntime(), setup);
    opened.writeState(setup.state);
    for (const [name, program] of Object.entries(setup.programs))
      opened.sessions.set(name, await opened.createSession(name, program.bytes));
    return opened;
  }

  describe(): Pick<Compiled, 'description' | 'versions'> {
    const { name, version, device } = this.runtime;
    // The WebAssembly runtime computes on one thread whatever it is asked for.
    const count = device === 'wasm' ? 1 : this.setup.threads;
    const threads = `${count} thread${count === 1 ? '' : 's'}`;
    return { description: `${name} ${version} (${device}, ${threads})`, versions: { [name]: version } };
  }

  private async createSession(name: string, bytes: Uint8Array): Promise<OrtSession> {
    try {
      return await this.runtime.ort.InferenceSession.create(bytes, {
        executionProviders: [this.runtime.device],
        intraOpNumThreads: this.setup.threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        enableCpuMemArena: true,
        enableMemPattern: true,
        logSeverityLevel: 4,
        // Trained weights and second moments decay into denormals, which slow CPU kernels many times over.
        extra: { session: { set_denormal_as_zero: '1' } },
      });
    } catch (cause) {
      throw failed(`loading the program "${name}"`, cause);
    }
  }

  private tensor(data: Float32Array, dims: readonly number[]): OrtTensor {
    return new this.runtime.ort.Tensor('float32', data, dims);
  }

  /** onnxruntime-node writes into arrays that it is given; onnxruntime-web leaves them untouched. */
  private get writesInPlace(): boolean {
    return this.runtime.name === 'onnxruntime-node';
  }

  async run(name: string, feeds: Feeds): Promise<Results> {
    const program = this.setup.programs[name];
    const session = this.sessions.get(name)!;
    const inputs: Record<string, OrtTensor> = {};
    for (const state of program.reads) inputs[state] = this.slots.get(state)!.current;
    for (const { name: input, dims } of program.feeds)
      inputs[input] = this.tensor(feeds[input], resolveDims(dims, feeds[input].length));
    const updated = new Map(program.updates.map(([state, output]) => [output, this.slots.get(state)!]));
    const results = await this.execute(name, session, inputs, updated);
    return this.takeResults(session, results, updated);
  }

  private async execute(
    name: string,
    session: OrtSession,
    inputs: Record<string, OrtTensor>,
    updated: ReadonlyMap<string, Slot>,
  ): Promise<OrtResults> {
    try {
      if (!this.writesInPlace || updated.size === 0) return await session.run(inputs);
      const fetches = session.outputNames.map((output) => [output, updated.get(output)?.spare ?? null]);
      return await session.run(inputs, Object.fromEntries(fetches));
    } catch (cause) {
      throw failed(`running the program "${name}"`, cause);
    }
  }

  private takeResults(session: OrtSession, results: OrtResults, updated: ReadonlyMap<string, Slot>): Results {
    const looked: Results = {};
    for (const output of session.outputNames) {
      const slot = updated.get(output);
      const data = results[output].data as Float32Array;
      if (!slot) looked[output] = data;
      else {
        if (!this.writesInPlace) (slot.spare.data as Float32Array).set(data);
        [slot.current, slot.spare] = [slot.spare, slot.current];
      }
    }
    return looked;
  }

  readState(): State {
    const entries = [...this.slots].map(([name, { current }]) => [
      name,
      { data: (current.data as Float32Array).slice(), shape: [...current.dims] },
    ]);
    return Object.fromEntries(entries);
  }

  writeState(state: State): void {
    for (const [name, { data, shape }] of Object.entries(state))
      this.slots.set(name, {
        current: this.tensor(data.slice(), shape),
        spare: this.tensor(new Float32Array(data.length), shape),
      });
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }
}
