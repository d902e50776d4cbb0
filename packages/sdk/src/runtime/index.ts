/** `@vae/sdk/runtime`: the door for other packages, and for them only; it also hands on what the trainer shares with `VAE`. */

export { toHalves } from '../float16.js';
export { type Bounds, isWithin, thresholded } from '../simd/threshold.js';
export type { WorkerScript } from '../workers/connection.js';
export { loadPooledRuntime, type PooledRuntimeOptions } from '../workers/pooled-runtime.js';
export type { RuntimeOptions } from './find-runtime.js';
export type { CudaState } from './host.js';
export { cudaState, loadRuntime } from './runtime.js';
export { saysLost } from './session/says-lost.js';
export { serially } from './session/serial.js';
export type {
  Device,
  DeviceName,
  DeviceReport,
  ExternalData,
  ModelRuntime,
  OrtModule,
  OrtSession,
  OrtSessionFactory,
  OrtTensor,
  OrtTensorConstructor,
  OrtValueInfo,
  Runtime,
  RuntimeName,
  Session,
  SessionArray,
  SessionOptions,
  TensorInfo,
  TensorLike,
} from './types.js';
export type { WasmOptions } from './wasm/wasm-files.js';
