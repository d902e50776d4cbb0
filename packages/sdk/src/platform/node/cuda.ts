import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type { CudaState } from '../../runtime/host.js';
import { cacheRoot } from './cache-root.js';

/** Comes with NVIDIA's driver, from no registry. */
const driver = 'libcuda.so.1';

/** What ONNX Runtime 1.30's CUDA provider is linked to, besides the driver, and cuDNN. Each after what it needs. */
export const neededLibraries: readonly string[] = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libcudnn.so.9',
];

/** glibc's RTLD_NODELETE, which Node has no name for: a library without an addon in it is closed again otherwise. */
const keep = 0x1000;

/** Looks at this machine; undefined where onnxruntime-node has no CUDA. */
export function cudaState(): CudaState | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const binding = bindingFolder();
  const provider = binding && join(binding, 'libonnxruntime_providers_cuda.so');
  const libraries = join(cacheRoot(), 'cuda-13');
  return {
    binding,
    provider: provider && existsSync(provider) ? provider : undefined,
    libraries,
    driver: loadLibrary(driver),
    missing() {
      loadFolder(libraries);
      return [driver, ...neededLibraries].filter((name) => !loadLibrary(name));
    },
  };
}

/** What is missing, and how to get it; undefined where everything is there. */
export function cudaLack(state: CudaState): string | undefined {
  if (!state.driver) {
    return `${driver} is missing. It comes with NVIDIA's driver: install that (nvidia-smi then works), and run: vae doctor --fix`;
  }
  if (!state.provider) {
    return 'libonnxruntime_providers_cuda.so is missing beside onnxruntime-node. Install it with: vae doctor --fix';
  }
  const missing = state.missing();
  if (missing.length === 0) return undefined;
  return `missing of CUDA 13 and cuDNN 9: ${missing.join(', ')}. Install with: vae doctor --fix`;
}

/**
 * Loads a shared library for all code that comes later, and keeps it, so that nobody has to set LD_LIBRARY_PATH. By its
 * name it is found when it is loaded already or where the system looks.
 *
 * @returns false when it, or something that it needs, does not load
 */
export function loadLibrary(file: string): boolean {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, file, RTLD_NOW | RTLD_GLOBAL | keep);
  } catch (error) {
    // This is what Node says after it loaded a library that is no addon.
    return (error as Error).message.startsWith('Module did not self-register');
  }
  return true;
}

/** Loads every library of a folder; those that need others of it load once these are in. */
export function loadFolder(folder: string): void {
  let left = existsSync(folder) ? readdirSync(folder).filter((name) => /\.so(\.\d+)*$/.test(name)) : [];
  for (let before = -1; left.length !== before; ) {
    before = left.length;
    left = left.filter((name) => !loadLibrary(join(folder, name)));
  }
}

function bindingFolder(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
  } catch {
    return undefined;
  }
}
