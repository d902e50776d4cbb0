export { loadRuntime, type RuntimeOptions } from './runtime.js';
export type {
  Device,
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
