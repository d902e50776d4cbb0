import type { Device, OrtModule } from './types.js';

/** Which ONNX Runtime is there; differs between Node and browsers. */
export interface Runtimes {
  /** The best runtime for a device; throws VaeError "no-device" when there is none. */
  loadOrt(device: Device): Promise<FoundOrt>;
  /** Threads of an operator when the caller names no number. */
  defaultThreads(): number;
}

export interface FoundOrt {
  readonly name: 'onnxruntime-node' | 'onnxruntime-web';
  readonly device: 'cpu' | 'wasm';
  readonly ort: OrtModule;
}
