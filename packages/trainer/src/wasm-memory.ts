import { TrainerError } from './errors.js';

/**
 * A memory for WebAssembly. Node.js reserves gigabytes of addresses for each, however small it is, which a limit
 * of addresses as clusters set it does not leave.
 *
 * @throws TrainerError "engine-failed" where the system gives none
 * @example const memory = wasmMemory({ initial: 2 })
 */
export function wasmMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (cause) {
    throw new TrainerError(
      'engine-failed',
      `WebAssembly got no memory of ${descriptor.initial * 64} KiB. Free some; or where addresses are limited ` +
        '(ulimit -v), raise the limit: two threads take some 48 GiB of them, or 16 with NODE_OPTIONS=--disable-wasm-trap-handler.',
      { cause },
    );
  }
}
