import { OrtPrograms } from '../ort-programs.js';
import { toOrtProgram } from '../to-program.js';
import type { OrtDevice, OrtSetup } from './device.js';

/** Every program as one graph, with the state in the host's memory: what any runtime can do. */
export const whole: OrtDevice = {
  prepare: (programs, state, threads): OrtSetup => ({
    programs: Object.fromEntries(
      Object.entries(programs).map(([name, program]) => [name, toOrtProgram(program, state)]),
    ),
    state,
    threads,
  }),
  open: OrtPrograms.open,
};
