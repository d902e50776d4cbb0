import type { Backend } from './backends.js';
import { registerFilterGradient } from './filter-gradient.js';
import { findInstalled, requireQuietly } from './installed.js';
import type { Tf } from './tf.js';

// What runs where no native part can be had. Both are optional packages of the user's project and use one thread.

type TfjsVersions = { readonly version: Readonly<Record<string, string>> };

function loadTfjs(): (Tf & TfjsVersions) | undefined {
  const folder = findInstalled('@tensorflow/tfjs');
  if (folder === undefined) return undefined;
  const tf = requireQuietly(folder) as Tf & TfjsVersions;
  // Otherwise the first tensor prints an advertisement for tfjs-node.
  tf.enableProdMode();
  return tf;
}

/** WebAssembly, several times slower than TensorFlow; undefined, with a note, where it does not work. */
export async function openWasm(notes: string[]): Promise<Backend | undefined> {
  const [tf, folder] = [loadTfjs(), findInstalled('@tensorflow/tfjs-backend-wasm')];
  if (!tf || folder === undefined) return undefined;
  try {
    const { version_wasm: version } = requireQuietly(folder) as { readonly version_wasm: string };
    if (!(await tf.setBackend('wasm'))) throw new Error('its module does not start');
    registerFilterGradient(tf, 'wasm');
    return {
      tf,
      isNative: false,
      device: 'wasm',
      description: `tfjs ${tf.version.tfjs} (wasm, 1 thread)`,
      versions: { '@tensorflow/tfjs': tf.version.tfjs, '@tensorflow/tfjs-backend-wasm': version },
      notes,
    };
  } catch (error) {
    notes.push(`@tensorflow/tfjs-backend-wasm does not load (${(error as Error).message}).`);
    return undefined;
  }
}

/** Plain JavaScript: for small networks. */
export async function openCpu(notes: string[]): Promise<Backend | undefined> {
  const tf = loadTfjs();
  if (!tf) return undefined;
  await tf.setBackend('cpu');
  return {
    tf,
    isNative: false,
    device: 'cpu',
    description: `tfjs ${tf.version.tfjs} (plain JavaScript, 1 thread)`,
    versions: { '@tensorflow/tfjs': tf.version.tfjs },
    notes,
  };
}
