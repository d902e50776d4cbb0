import { platform } from '#platform';
import { reason, VaeError } from '../errors.js';
import { wrapSession } from './session.js';
import type { Device, OrtModule, Runtime, RuntimeName, SessionOptions } from './types.js';

export interface RuntimeOptions {
  /**
   * 'auto' (default): the native CPU runtime, else wasm. 'cpu': onnxruntime-node. 'wasm': onnxruntime-web.
   * One that is not there is an error, never replaced by another.
   */
  readonly device?: Device;
  /** A runtime of the caller's own: the module `onnxruntime-node`, `onnxruntime-web/wasm` or one like them. */
  readonly ort?: OrtModule;
}

/** ONNX Runtime's log level 3: errors only. */
const errorsOnly = 3;

/**
 * Finds ONNX Runtime.
 *
 * @throws VaeError "no-device" saying why a device is not there and what to install
 * @example const runtime = await loadRuntime(); runtime.device // 'cpu'
 */
export async function loadRuntime({ device = 'auto', ort }: RuntimeOptions = {}): Promise<Runtime> {
  if (device !== 'auto' && device !== 'cpu' && device !== 'wasm') {
    throw new VaeError(
      'no-device',
      `device '${device}' is not one this version runs on; use 'auto', 'cpu' or 'wasm'.`,
    );
  }
  if (ort) return makeRuntime('injected', ort, device === 'auto' ? deviceOf(ort) : device);
  const found = await platform.loadOrt(device);
  return makeRuntime(found.name, found.ort, found.device);
}

function makeRuntime(name: RuntimeName, ort: OrtModule, device: 'cpu' | 'wasm'): Runtime {
  return {
    name,
    version: String(ort.env?.versions?.common ?? 'unknown'),
    device,
    ort,
    async createSession(bytes, options = {}) {
      const sessionOptions = cpuSessionOptions(device, options);
      try {
        return wrapSession(ort, await ort.InferenceSession.create(bytes, sessionOptions));
      } catch (cause) {
        throw new VaeError('bad-model', `ONNX Runtime refused the model: ${reason(cause)}`, { cause });
      }
    },
  };
}

/**
 * Threads are always explicit: ONNX Runtime's own choice fails to pin threads in containers. Denormals count as
 * zero: trained weights hold them, and kernels are up to ten times slower with them. Threads do not spin, so that
 * an idle session costs nothing.
 */
export function cpuSessionOptions(
  device: 'cpu' | 'wasm',
  { threads = platform.defaultThreads() }: SessionOptions,
) {
  assertThreads(threads);
  return {
    executionProviders: [device],
    intraOpNumThreads: device === 'wasm' ? 1 : threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: errorsOnly,
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
  };
}

/** Refuses a number of threads that no session can have. */
export function assertThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new VaeError('bad-option', `threads is ${threads}, expected a whole number from 1 to 1024.`);
  }
}

function deviceOf(ort: OrtModule): 'cpu' | 'wasm' {
  return ort.env?.versions?.web ? 'wasm' : 'cpu';
}
