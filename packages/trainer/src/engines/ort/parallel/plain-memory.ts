import { createRequire } from 'node:module';

// JavaScript has memory that threads share in buffers of a type of its own, and onnxruntime-node takes plain ones only.
// koffi makes a plain buffer of an address. Without it every thread copies the parameters in and the gradients out.

/** What of koffi is used. */
interface Addresses {
  address(bytes: Uint8Array): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

/** What plain buffers show: by themselves they do not keep it. */
const shownBy = new WeakMap<ArrayBuffer, SharedArrayBuffer>();

function show(memory: SharedArrayBuffer): ArrayBuffer {
  const { address, view } = createRequire(import.meta.url)('koffi') as Addresses;
  const plain = view(address(new Uint8Array(memory)), memory.byteLength);
  shownBy.set(plain, memory);
  return plain;
}

function isShown(): boolean {
  try {
    const memory = new SharedArrayBuffer(64);
    const plain = new Uint8Array(show(memory));
    new Uint8Array(memory)[9] = 7;
    return plain[9] === 7;
  } catch {
    return false;
  }
}

let shown: boolean | undefined;

/** Whether shared memory can be had as a plain buffer: koffi is optional, and some runtimes forbid what it does. */
export const canBePlain = (): boolean => (shown ??= isShown());

/**
 * A plain buffer of the same bytes, which keeps them for as long as it is there itself.
 *
 * @throws Error where `canBePlain` says no
 * @example const parameters = new Float32Array(plainBuffer(memory.buffer), offset, length)
 */
export const plainBuffer = (memory: ArrayBufferLike): ArrayBuffer =>
  memory instanceof ArrayBuffer ? memory : show(memory);
