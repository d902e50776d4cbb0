import { loadRuntime, type Runtime } from '@vae/sdk/runtime';
import { counted } from '../../text/counted.js';
import type { Compiled, Feeds, Results, State } from '../engine.js';
import type { DevicePrograms, OrtSetup } from './devices/device.js';
import { devices, type OrtDeviceName } from './devices/index.js';

/** What the caller is told of an engine. */
export interface Description extends Pick<Compiled, 'description' | 'versions'> {
  readonly device: string;
  /** Steps worth asking for at once. */
  readonly groupSize?: number;
}

/** All programs and their state, in the thread that computes. */
export class EngineThread {
  private constructor(
    private readonly runtime: Runtime,
    private readonly setup: Pick<OrtSetup, 'threads' | 'several'>,
    private readonly programs: DevicePrograms,
  ) {}

  /** @param setup made by the same device's `prepare`; the arrays of its state are taken over */
  static async open(setup: OrtSetup, found?: Runtime): Promise<EngineThread> {
    const runtime = found ?? (await loadRuntime({ ownThread: true }));
    const device = devices[runtime.device as OrtDeviceName];
    const { threads, several } = setup;
    return new EngineThread(runtime, { threads, several }, await device.open(runtime, setup));
  }

  describe(): Description {
    const { name, version, device } = this.runtime;
    // The WebAssembly runtime computes on one thread whatever it is asked for.
    const count = device === 'wasm' ? 1 : this.setup.threads;
    const threads = device === 'webgpu' || device === 'cuda' ? '' : `, ${counted(count, 'thread')}`;
    return {
      description: `${name} ${version} (${device}${threads})`,
      versions: { [name]: version },
      device,
      groupSize: this.setup.several?.size,
    };
  }

  run(name: string, feeds: Feeds): Promise<Results> {
    return this.programs.run(name, feeds);
  }

  runSteps(
    name: string,
    feeds: readonly Feeds[],
    slots?: readonly (number | undefined)[],
  ): Promise<Results[]> {
    return this.programs.runSteps!(name, feeds, slots);
  }

  async readState(): Promise<State> {
    return this.programs.readState();
  }

  async writeState(state: State): Promise<void> {
    await this.programs.writeState(state);
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }
}
