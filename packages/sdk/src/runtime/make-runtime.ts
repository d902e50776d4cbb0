import { isVaeError, reason, VaeError } from '../errors.js';
import type { DeviceRecord } from './devices/device.js';
import type { OrtHost } from './host.js';
import { pauseWhenDue } from './session/pause.js';
import { byTurns, serially } from './session/serial.js';
import { atOnce, wrapSession } from './session/session.js';
import { assertThreads, ortSessionOptions } from './session/session-options.js';
import type { Runtime } from './types.js';
import { working } from './working.js';

/** What is known of a runtime before it makes sessions. */
export interface RuntimeParts extends Pick<Runtime, 'name' | 'ort' | 'threads' | 'report'> {
  readonly device: Pick<DeviceRecord, 'name' | 'serial' | 'memoryPattern'>;
  readonly ownThread: boolean | undefined;
}

/** The runtime that runs in this thread. */
export function makeRuntime(
  host: OrtHost,
  { name, ort, device, threads, report, ownThread }: RuntimeParts,
): Runtime {
  // onnxruntime-web reads no files, whatever the device, and computes in the task that asks for it.
  const native = device.name !== 'wasm' && name !== 'onnxruntime-web';
  // onnxruntime-node starts each run in a task of its own, but all that were asked for in one go, so they take turns.
  const pause = native ? undefined : () => pauseWhenDue(host.nextTask);
  const turn = device.serial ? serially : native && !ownThread ? byTurns : atOnce;
  const lost = (text: string) => {
    // 'auto' tries the next device then.
    working.get(ort)?.delete(device.name);
    return new VaeError('runtime-failed', text);
  };
  const create = async (bytes: Uint8Array, options: object) => {
    if (device.name !== 'webgpu') return ort.InferenceSession.create(bytes, options);
    const { createOnGpu } = await import('./session/gpu-sessions.js');
    return createOnGpu(ort, host, bytes, options, lost);
  };
  return {
    name,
    version: String(ort.env?.versions?.common ?? 'unknown'),
    device: device.name,
    threads,
    report,
    worker: false,
    ort,
    async createSession(bytes, options = {}) {
      assertThreads(options.threads ?? threads);
      if (native && !options.externalData) {
        // Loaded late, because pages have no files and need not carry it.
        const { assertSelfContained } = await import('../onnx/self-contained.js');
        assertSelfContained(bytes);
      }
      const ortOptions = ortSessionOptions(device, options.threads ?? threads, options, ownThread);
      try {
        const session = await turn(() => create(plainBytes(bytes), ortOptions));
        return { ...wrapSession(ort, session, turn), pause };
      } catch (cause) {
        if (isVaeError(cause)) throw cause;
        const { refused } = await import('./session/ort-words.js');
        throw new VaeError('bad-model', refused(reason(cause)), { cause });
      }
    },
  };
}

/** ONNX Runtime takes neither shared memory nor arrays of another realm. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
}
