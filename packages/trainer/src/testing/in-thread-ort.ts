import type { Engine } from '../engines/engine.js';
import { EngineThread } from '../engines/ort/engine-thread.js';
import { toOrtSetup } from '../engines/ort/index.js';

/** The ort engine without its thread, so that a test needs no build. The caller's state stays as it is. */
export const inThreadOrt: Engine = {
  name: 'ort',
  compile: async (programs, state, { threads = 1 } = {}) => {
    const opened = await EngineThread.open(toOrtSetup(programs, structuredClone(state), threads));
    return {
      ...opened.describe(),
      run: (program, feeds) => opened.run(program, feeds),
      readState: async () => opened.readState(),
      writeState: async (next) => opened.writeState(structuredClone(next)),
      dispose: () => opened.dispose(),
    };
  },
};
