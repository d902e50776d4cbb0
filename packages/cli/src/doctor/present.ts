import { cudaState } from '@vae/sdk/runtime';
import type { Machine } from './machine.js';
import { hasNativePackage } from './native-runtime.js';

/** What is already there of what devices need. */
export interface Present {
  /** onnxruntime-node is installed. */
  readonly native: boolean;
  /** NVIDIA's driver, as far as programs see it. */
  readonly driver: boolean;
  /** ONNX Runtime's CUDA provider and NVIDIA's libraries. */
  readonly cuda: boolean;
}

/** Comes with NVIDIA's driver, from no registry. */
export const driverLibrary = 'libcuda.so.1';

/** Looks for installed files; nothing is tried. */
export function lookForFiles(machine: Machine): Present {
  const state = machine.musl ? undefined : cudaState();
  return {
    native: hasNativePackage(),
    driver: state?.driver ?? false,
    // The libraries are loaded to see whether they are whole, which is not worth it without a provider.
    cuda: state?.provider !== undefined && state.missing().every((name) => name === driverLibrary),
  };
}
