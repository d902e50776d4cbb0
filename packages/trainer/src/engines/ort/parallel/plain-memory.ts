import { createRequire } from 'node:module';

// JavaScript has memory that threads share in buffers of a type of its own, and onnxruntime-node takes plain ones only.
// koffi makes a plain buffer of an address. Without it every thread copies the parameters in and the gradients out.

/** What of koffi is used. */
interface Addresses {
  address(bytes: Uint8Array): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

function show(memory: WebAssembly.Memory): ArrayBuffer {
  const { address, view } = createRequire(import.meta.url)('koffi') as Addresses;
  return view(address(new Uint8Array(memory.buffer)), memory.buffer.byteLength);
}

function isShown(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const plain = new Uint8Array(show(memory));
    new Uint8Array(memory.buffer)[9] = 7;
    return plain[9] === 7;
  } catch {
    return false;
  }
}

let shown: boolean | undefined;

/** Whether shared memory can be had as a plain buffer: koffi is optional, and some runtimes forbid what it does. */
export const canBePlain = (): boolean => (shown ??= isShown());

/**
 * A plain buffer of the same bytes. It does not keep the memory, which has to be held for as long as it.
 *
 * @throws Error where `canBePlain` says no
 * @example const parameters = new Float32Array(plainBuffer(memory), offset, length)
 */
export const plainBuffer = (memory: WebAssembly.Memory): ArrayBuffer =>
  memory.buffer instanceof ArrayBuffer ? memory.buffer : show(memory);
