import type { Engine } from '../engines/engine.js';
import { toOrtProgram } from '../engines/ort/index.js';
import { OrtPrograms } from '../engines/ort/programs.js';

/** The ort engine without its thread, so that a test needs no build. */
export const inThreadOrt: Engine = {
  name: 'ort',
  compile: async (programs, state, { threads = 1 } = {}) => {
    const lowered = Object.entries(programs).map(([name, program]) => [name, toOrtProgram(program, state)]);
    const opened = await OrtPrograms.open({ programs: Object.fromEntries(lowered), state, threads });
    return {
      ...opened.describe(),
      run: (program, feeds) => opened.run(program, feeds),
      readState: async () => opened.readState(),
      writeState: async (next) => opened.writeState(next),
      dispose: () => opened.dispose(),
    };
  },
};
