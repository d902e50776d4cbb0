import type { OrtModule } from './types.js';

/** Devices of a copy of ONNX Runtime that worked: one trial is enough, until one is lost. */
export const working = new WeakMap<OrtModule, Set<string>>();
