import { type OrtSession, type OrtTensor, type Runtime, saysLost, serially } from '@vae/sdk/runtime';
import type { OnnxModel, OnnxValueInfo } from '../../onnx/model.js';
import { writeOnnx } from '../../onnx/writer.js';
import type { Feeds, Results, State } from '../engine.js';
import { type OrtProgram, resolveDims } from './ort-programs.js';
import { failed } from './session.js';

export interface ResidentSetup {
  readonly programs: Readonly<Record<string, OrtProgram>>;
  readonly state: State;
}

/** A graph that copies tensors: what the state leaves the device through. */
function copyModel(state: ReadonlyMap<string, OrtTensor>): OnnxModel {
  const names = [...state.keys()];
  const info = (name: string, from: string): OnnxValueInfo => ({ name, dims: state.get(from)!.dims });
  return {
    name: 'read',
    doc: '',
    inputs: names.map((name) => info(name, name)),
    outputs: names.map((name) => info(copyName(name), name)),
    nodes: names.map((name) => ({
      op: 'Identity',
      inputs: [name],
      outputs: [copyName(name)],
      attributes: {},
    })),
    initializers: [],
  };
}

const copyName = (name: string): string => `${name}.copy`;

/**
 * Programs over one state that stays in the memory of a WebGPU device: the outputs of one run are the inputs of the
 * next, and only loss and terms come back. It needs no Node, so that pages train with it too.
 */
export class ResidentPrograms {
  private readonly sessions = new Map<string, OrtSession>();
  private readonly state = new Map<string, OrtTensor>();
  private reader: OrtSession | undefined;
  /** How the GPU was lost. A call after that would block its thread for ever, also one that releases. */
  private lost: Error | undefined;
  /** Bytes that came back from the device since the beginning. */
  bytesRead = 0;

  private constructor(
    private readonly runtime: Runtime,
    private readonly programs: ResidentSetup['programs'],
  ) {}

  /** @throws TrainerError "engine-failed" when the runtime refuses a program */
  static async open(runtime: Runtime, setup: ResidentSetup): Promise<ResidentPrograms> {
    const opened = new ResidentPrograms(runtime, setup.programs);
    opened.fill(setup.state);
    try {
      await serially(() => opened.load());
      return opened;
    } catch (error) {
      await opened.dispose();
      throw error;
    }
  }

  private async load(): Promise<void> {
    for (const [name, { bytes, updates }] of Object.entries(this.programs))
      this.sessions.set(name, await this.createSession(name, bytes, updates));
  }

  private async createSession(name: string, bytes: Uint8Array, updates: OrtProgram['updates']) {
    const onDevice = this.runtime.device === 'webgpu' && updates.length > 0;
    const resident = Object.fromEntries(updates.map(([, output]) => [output, 'gpu-buffer']));
    try {
      return await this.runtime.ort.InferenceSession.create(bytes, {
        executionProviders: [this.runtime.device],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4,
        ...(onDevice && { preferredOutputLocation: resident }),
      });
    } catch (cause) {
      throw failed(`loading the program "${name}"`, cause);
    }
  }

  private tensor(data: Float32Array, dims: readonly number[]): OrtTensor {
    return new this.runtime.ort.Tensor('float32', data, dims);
  }

  /** Does something on the GPU, if it is there. */
  private onDevice<T>(work: () => Promise<T>): Promise<T> {
    return serially(async () => {
      if (this.lost) throw this.lost;
      return work();
    });
  }

  /** @throws TrainerError "engine-failed" when a run fails; after a lost GPU, which has taken the state along, each does */
  run(name: string, feeds: Feeds): Promise<Results> {
    return this.onDevice(() => this.runNow(name, feeds));
  }

  private async runNow(name: string, feeds: Feeds): Promise<Results> {
    const { reads, feeds: fed, updates } = this.programs[name];
    const inputs: Record<string, OrtTensor> = {};
    for (const key of reads) inputs[key] = this.state.get(key)!;
    for (const { name: key, dims } of fed)
      inputs[key] = this.tensor(feeds[key], resolveDims(dims, feeds[key].length));
    const outputs = await this.execute(name, this.sessions.get(name)!, inputs);
    const replaced = new Map(updates.map(([key, output]) => [output, key]));
    const results: Results = {};
    for (const [output, tensor] of Object.entries(outputs)) {
      const key = replaced.get(output);
      if (key === undefined) results[output] = this.read(tensor);
      else this.replace(key, tensor);
    }
    return results;
  }

  private async execute(name: string, session: OrtSession, inputs: Record<string, OrtTensor>) {
    try {
      return (await session.run(inputs)) as Record<string, OrtTensor>;
    } catch (cause) {
      const error = failed(`running the program "${name}"`, cause);
      if (saysLost(cause)) this.lost = error;
      throw error;
    }
  }

  private read({ data }: OrtTensor): Float32Array {
    const values = (data as Float32Array).slice();
    this.bytesRead += values.byteLength;
    return values;
  }

  private replace(name: string, tensor: OrtTensor): void {
    this.state.get(name)?.dispose?.();
    this.state.set(name, tensor);
  }

  private fill(state: State): void {
    for (const [name, { data, shape }] of Object.entries(state))
      this.replace(name, this.tensor(data.slice(), shape));
  }

  /** A copy of the state. The device's own tensors can only be read through a graph. */
  readState(): Promise<State> {
    return this.onDevice(async () => {
      this.reader ??= await this.createSession('read', writeOnnx(copyModel(this.state)), []);
      const copies = await this.execute('read', this.reader, Object.fromEntries(this.state));
      const entries = [...this.state].map(([name, { dims }]) => [
        name,
        { data: this.read(copies[copyName(name)]), shape: [...dims] },
      ]);
      return Object.fromEntries(entries);
    });
  }

  writeState(state: State): Promise<void> {
    return this.onDevice(async () => this.fill(state));
  }

  dispose(): Promise<void> {
    return serially(async () => {
      if (this.lost) return;
      for (const tensor of this.state.values()) tensor.dispose?.();
      this.state.clear();
      for (const session of [...this.sessions.values(), ...(this.reader ? [this.reader] : [])])
        await session.release();
      this.sessions.clear();
      this.reader = undefined;
    });
  }
}
