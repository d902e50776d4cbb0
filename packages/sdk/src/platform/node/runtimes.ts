import { availableParallelism } from 'node:os';
import { reason, VaeError } from '../../errors.js';
import type { FoundOrt, Runtimes } from '../../runtime/runtimes.js';
import type { Device, OrtModule } from '../../runtime/types.js';

/** Node: ONNX Runtime is the native one, else wasm. */
export const runtimes: Runtimes = {
  loadOrt: (device) => loadOrt(device),
  defaultThreads() {
    const processors = availableParallelism();
    return processors <= 2 ? processors : Math.min(4, Math.ceil(processors / 2));
  },
};

interface Importers {
  native(): Promise<unknown>;
  wasm(): Promise<unknown>;
  warn(text: string): void;
}

const importers: Importers = {
  native: () => import('onnxruntime-node'),
  wasm: () => import('onnxruntime-web/wasm'),
  warn: (text) => console.warn(text),
};

const install = 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node';

/** Set once the warning was given; worker threads that share the environment see it too. */
const WARNED = 'VAE_WASM_WARNED';

/** The native runtime when it loads, else (for 'auto') the wasm one with a warning, once per process. */
export async function loadOrt(device: Device, { native, wasm, warn } = importers): Promise<FoundOrt> {
  if (device === 'wasm') return loadWasm(wasm);
  let why: unknown;
  try {
    return { name: 'onnxruntime-node', device: 'cpu', ort: unwrap(await native()) };
  } catch (cause) {
    why = cause;
  }
  if (device === 'cpu') {
    throw new VaeError(
      'no-device',
      `device 'cpu' needs onnxruntime-node, which did not load: ${firstLine(why)}. Install it with: ${install}`,
      { cause: why },
    );
  }
  const found = await loadWasm(wasm);
  if (!process.env[WARNED]) {
    process.env[WARNED] = '1';
    warn(
      `@vae/sdk: running on the slower wasm build of ONNX Runtime, because onnxruntime-node did not load ` +
        `(${firstLine(why)}). For the fast one: ${install}`,
    );
  }
  return found;
}

async function loadWasm(wasm: Importers['wasm']): Promise<FoundOrt> {
  try {
    const ort = unwrap(await wasm());
    // More threads would need a worker script beside the module, which bundlers tend to lose.
    ort.env.wasm.numThreads = 1;
    return { name: 'onnxruntime-web', device: 'wasm', ort };
  } catch (cause) {
    throw new VaeError(
      'no-device',
      `onnxruntime-web did not load: ${firstLine(cause)}. Install it with: npm i onnxruntime-web`,
      { cause },
    );
  }
}

/** A CommonJS module seen from here may have its names on `default` only. */
function unwrap(module: unknown): OrtModule {
  const { InferenceSession, default: inner } = module as { InferenceSession?: unknown; default?: unknown };
  return (InferenceSession ? module : inner) as OrtModule;
}

function firstLine(thrown: unknown): string {
  return reason(thrown).split('\n')[0]!.replace(/\.$/, '');
}
