export { type Bounds, isWithin, thresholded } from '../simd/threshold.js';
export type { WorkerScript } from '../workers/connection.js';
export { loadPooledRuntime, type PooledRuntimeOptions } from '../workers/pooled-runtime.js';
export type { RuntimeOptions } from './find-runtime.js';
export { toHalves } from './float16.js';
export { cudaState, loadRuntime } from './runtime.js';
export type { CudaState } from './runtimes.js';
export { saysLost } from './says-lost.js';
export { serially } from './serial.js';
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
export type { WasmOptions } from './wasm-files.js';
