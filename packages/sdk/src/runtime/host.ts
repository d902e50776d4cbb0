import type { Devices } from './devices/device.js';
import type { OrtModule } from './types.js';
import type { WasmOptions } from './wasm/wasm-files.js';

/** One way in which ONNX Runtime comes: `onnxruntime-node`, `onnxruntime-web/wasm` or `onnxruntime-web/webgpu`. */
export type OrtBuild = 'native' | 'wasm' | 'webgpu';

/** What there is of CUDA on this machine. Found by looking and by loading libraries; nothing is installed. */
export interface CudaState {
  /** Folder of onnxruntime-node's binding; undefined when the package is not installed. */
  readonly binding: string | undefined;
  /** ONNX Runtime's CUDA provider in that folder; undefined when it is not there. */
  readonly provider: string | undefined;
  /** Folder whose libraries are taken before the system's; `vae doctor --fix` fills it. */
  readonly libraries: string;
  /** NVIDIA's driver is there: libcuda.so.1 loads. */
  readonly driver: boolean;
  /** Loads NVIDIA's libraries, and gives the names of those that the provider needs and that do not load. */
  missing(): readonly string[];
}

/** What devices can ask of the place they are in. A page, a Web Worker, Node and its worker threads are such places. */
export interface OrtHost {
  /** 'browser', or Node's name of the operating system: 'linux', 'darwin', 'win32', ... */
  readonly os: string;
  /** Node's name of the processor's architecture; '' in browsers. */
  readonly architecture: string;
  readonly devices: Devices;
  /** Imports ONNX Runtime; rejects with the import's own error. */
  loadBuild(build: OrtBuild): Promise<OrtModule>;
  /** Threads that models have when the caller names no number. */
  defaultThreads(): number;
  /** Most threads that the wasm build can have here. */
  wasmThreads(): number;
  /** Where the .wasm file of a build is when the caller names no place; left out, onnxruntime-web looks for it. */
  wasmBeside?(build: OrtBuild): WasmOptions;
  /** Resolves when the tasks that wait in this thread have had their turn. */
  nextTask(): Promise<void>;
  /** Says something once per process. */
  warn(text: string): void;
  /** Linux on x64 only. */
  cudaState?(): CudaState | undefined;
  /** What CUDA lacks there and how to get it; undefined for nothing. */
  cudaLack?(state: CudaState): string | undefined;
}
