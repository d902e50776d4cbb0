import { wasmMemory } from '../wasm-memory.js';
import { noiseModule } from './module.js';

/** Numbers that the kernel works on at once; the second half of its memory holds as many probabilities. */
export const CAPACITY = 2 ** 14;
/** Numbers that the generator makes at a time. */
export const GROUP = 16;
const PAGES = 2;

type Words = (
  at: number,
  groups: number,
  block: number,
  index: number,
  step: number,
  id: number,
  low: number,
  high: number,
) => void;

/** The functions of noise.wat. `end` is in bytes, and what they work on begins at 0. */
export interface Kernel {
  readonly numbers: Float32Array;
  readonly probabilities: Float32Array;
  words: Words;
  uniforms(end: number): void;
  normals(end: number): void;
  mask(end: number, limit: number, value: number): void;
  bits(end: number): void;
}

function instantiate(): Kernel {
  const bytes = Uint8Array.from(atob(noiseModule), (char) => char.charCodeAt(0));
  const memory = wasmMemory({ initial: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { '': { '': memory } });
  const floats = new Float32Array(memory.buffer);
  const [numbers, probabilities] = [floats.subarray(0, CAPACITY), floats.subarray(CAPACITY)];
  return { ...(exports as unknown as Kernel), numbers, probabilities };
}

let kernel: Kernel | undefined;

/** Made once, when it is first needed. */
export function theKernel(): Kernel {
  kernel ??= instantiate();
  return kernel;
}
