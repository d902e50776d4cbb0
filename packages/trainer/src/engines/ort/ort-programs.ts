import type { OrtSession, OrtTensor, Runtime } from '@vae/sdk/runtime';
import type { Feeds, Results, State } from '../engine.js';
import { createSession, failed } from './session.js';

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

export interface ProgramSetup {
  readonly programs: Readonly<Record<string, OrtProgram>>;
  readonly state: State;
  readonly threads: number;
  /** Whether these keep their processors for a while after a run; as `createSession` when left out. */
  readonly spins?: boolean;
}

type OrtResults = Readonly<Record<string, OrtTensor>>;

/** One state tensor twice: what the next run reads, and where its successor is written. */
interface Slot {
  current: OrtTensor;
  spare: OrtTensor;
}

/** A name in a shape, such as `N`, is the one extent that the number of values leaves open. */
export function resolveDims(dims: readonly (number | string)[], count: number): number[] {
  const known = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  return dims.map((dim) => (typeof dim === 'number' ? dim : count / known));
}

/** Sessions over one state, in the thread that holds them: every program is one graph, run as a whole. */
export class OrtPrograms {
  private readonly sessions = new Map<string, OrtSession>();
  private readonly slots = new Map<string, Slot>();

  private constructor(
    private readonly runtime: Runtime,
    private readonly programs: ProgramSetup['programs'],
  ) {}

  /** @param setup whose state's arrays are taken over */
  static async open(runtime: Runtime, { programs, state, ...options }: ProgramSetup): Promise<OrtPrograms> {
    const opened = new OrtPrograms(runtime, programs);
    opened.writeState(state);
    for (const [name, { bytes }] of Object.entries(programs))
      opened.sessions.set(name, await createSession(runtime, name, bytes, options));
    return opened;
  }

  private tensor(data: Float32Array, dims: readonly number[]): OrtTensor {
    return new this.runtime.ort.Tensor('float32', data, dims);
  }

  /** onnxruntime-node writes into arrays that it is given; onnxruntime-web leaves them untouched. */
  private get writesInPlace(): boolean {
    return this.runtime.name === 'onnxruntime-node';
  }

  async run(name: string, feeds: Feeds): Promise<Results> {
    const program = this.programs[name];
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

  /** Every state tensor that a program reads. */
  get reads(): Set<string> {
    return new Set(Object.values(this.programs).flatMap(({ reads }) => reads));
  }

  readState(): State {
    const entries = [...this.slots].map(([name, { current }]) => [
      name,
      { data: (current.data as Float32Array).slice(), shape: [...current.dims] },
    ]);
    return Object.fromEntries(entries);
  }

  /** @param state whose arrays are taken over */
  writeState(state: State): void {
    const updates = Object.values(this.programs).flatMap(({ updates }) => updates);
    const updated = new Set(updates.map(([name]) => name));
    for (const [name, { data, shape }] of Object.entries(state)) {
      const current = this.tensor(data, shape);
      const spare = updated.has(name) ? this.tensor(new Float32Array(data.length), shape) : current;
      this.slots.set(name, { current, spare });
    }
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }
}
