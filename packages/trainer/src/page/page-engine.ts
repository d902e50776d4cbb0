import type { Runtime } from '@vae/sdk/runtime';
import type { Compiled, Engine, Program, State } from '../engines/engine.js';
import { ResidentPrograms } from '../engines/ort/resident.js';
import { toOrtProgram } from '../engines/ort/to-program.js';

/** The runtime as an engine whose state stays on its device. */
export class PageEngine implements Engine {
  readonly name = 'page';
  resident: ResidentPrograms | undefined;

  constructor(private readonly runtime: Runtime) {}

  async compile(programs: Readonly<Record<string, Program>>, state: State): Promise<Compiled> {
    const lowered = Object.entries(programs).map(([name, program]) => [name, toOrtProgram(program, state)]);
    const resident = await ResidentPrograms.open(this.runtime, {
      programs: Object.fromEntries(lowered),
      state,
    });
    this.resident = resident;
    return {
      description: `onnxruntime (${this.runtime.device})`,
      versions: {},
      device: this.runtime.device,
      run: (name, feeds) => resident.run(name, feeds),
      readState: () => resident.readState(),
      writeState: (next) => resident.writeState(next),
      dispose: () => resident.dispose(),
    };
  }
}
