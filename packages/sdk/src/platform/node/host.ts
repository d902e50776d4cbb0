import { availableParallelism } from 'node:os';
import { devices } from '../../runtime/devices/index.js';
import type { OrtBuild, OrtHost } from '../../runtime/host.js';
import type { OrtModule } from '../../runtime/types.js';
import { cudaLack, cudaState } from './cuda.js';
import { nextTask } from './next-task.js';

/** Node: ONNX Runtime is the native one, else wasm. */
export const host: OrtHost = {
  os: process.platform,
  architecture: process.arch,
  devices,

  async loadBuild(build: OrtBuild): Promise<OrtModule> {
    if (build !== 'native') return unwrap(await import('onnxruntime-web/wasm'));
    keepToThisMachine();
    return unwrap(await import('onnxruntime-node'));
  },

  defaultThreads() {
    const processors = availableParallelism();
    return processors <= 2 ? processors : Math.min(4, Math.ceil(processors / 2));
  },

  // More would need a worker script beside the module, which bundlers tend to lose.
  wasmThreads: () => 1,

  nextTask,

  warn(text) {
    if (process.env[WARNED]) return;
    process.env[WARNED] = '1';
    console.warn(text);
  },

  cudaState,
  cudaLack,
};

/** Set once a warning was given; worker threads that share the environment see it too. */
const WARNED = 'VAE_WASM_WARNED';

/**
 * Since 1.29 the native build tells Microsoft of every session (names and checksums of graphs, the machine, an id that it
 * keeps in ~/.cache/Microsoft) unless this variable is there when it is loaded. Whoever set it has decided.
 * https://github.com/microsoft/onnxruntime/pull/27379
 */
function keepToThisMachine(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

/** A CommonJS module seen from here may have its names on `default` only. */
function unwrap(module: unknown): OrtModule {
  const { InferenceSession, default: inner } = module as { InferenceSession?: unknown; default?: unknown };
  return (InferenceSession ? module : inner) as OrtModule;
}
