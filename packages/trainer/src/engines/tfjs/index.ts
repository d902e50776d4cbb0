import { availableParallelism } from 'node:os';
import type { Engine, EngineOptions, Program, State } from '../engine.js';
import { requirePrecision } from '../precision.js';
import { toTfjsProgram } from './plan.js';
import type { TfjsSetup } from './programs.js';
import { ThreadedPrograms } from './thread.js';

/** Programs and state as plain data, for the thread that runs them. */
export const toTfjsSetup = (
  programs: Readonly<Record<string, Program>>,
  state: State,
  { threads = availableParallelism(), device = 'auto' }: EngineOptions = {},
): TfjsSetup => {
  const planned = Object.entries(programs).map(([name, program]) => [name, toTfjsProgram(program)]);
  return { programs: Object.fromEntries(planned), state, threads, device };
};

/** What this process's TensorFlow was loaded with, and keeps. */
let loadedThreads: number | undefined;

/**
 * TensorFlow.js, in a thread of its own: TensorFlow itself through tfjs-node where that is installed or was set up, on
 * a GPU or the CPU, and otherwise WebAssembly or plain JavaScript. A training step differentiates the forward graph
 * with TensorFlow's own gradients and runs the recipe's optimiser on them.
 *
 * The same seed gives the same losses on one machine and number of threads. TensorFlow's oneDNN kernels round
 * differently on different processors; the environment variable TF_ENABLE_ONEDNN_OPTS=0 turns them off. A process loads
 * TensorFlow once: a second compilation has the threads and the GPU of the first, and notes it where it asked for others.
 *
 * @throws TrainerError "engine-failed" when the device cannot be had, or an operator does not run on it
 * @example
 * const compiled = await tfjsEngine.compile({ train }, initialState(programs, 0), { device: 'cpu', threads: 2 });
 * const { loss } = await compiled.run('train', feeds);
 */
export const tfjsEngine: Engine = {
  name: 'tfjs',
  compile: async (programs, state, options = {}) => {
    requirePrecision(programs, { engine: 'tfjs' });
    const asked = toTfjsSetup(programs, state, options);
    const threads = loadedThreads ?? asked.threads;
    const compiled = await ThreadedPrograms.open('tfjs/worker.js', { ...asked, threads });
    const isNative = 'tensorflow' in compiled.versions;
    if (isNative) loadedThreads = threads;
    for (const note of compiled.notes) options.onNote?.(note);
    if (isNative && threads !== asked.threads)
      options.onNote?.(
        `tfjs: ${asked.threads} threads were asked for; TensorFlow keeps the ${threads} that this process loaded it with.`,
      );
    return compiled;
  },
};
