import { host } from '#platform';
import { findRuntime, type RuntimeOptions } from './find-runtime.js';
import type { CudaState } from './host.js';
import type { Runtime } from './types.js';

/**
 * Finds ONNX Runtime, to run in this thread.
 *
 * @throws VaeError "no-device" saying why a device is not there and what to install, "bad-option"
 * @example const runtime = await loadRuntime(); runtime.device // 'cpu'
 */
export function loadRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return findRuntime(host, options);
}

/**
 * What there is of CUDA on this machine, and which libraries are missing; undefined where onnxruntime-node has no
 * CUDA at all, which is everywhere but Linux on x64.
 *
 * @example cudaState()?.missing // ['libcuda.so.1'] where there is no NVIDIA driver
 */
export function cudaState(): CudaState | undefined {
  return host.cudaState?.();
}
