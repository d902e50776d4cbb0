import { basename } from 'node:path';
import util from 'node:util';
import { findPrepared } from '../../setup/tfjs/prepared.js';
import { findInstalled, requireQuietly } from './installed.js';
import type { Tf } from './tf.js';

/** tfjs-node as its package exports it, with the parts of its back end that tell what it is. */
export interface NativeTf {
  readonly tf: Tf;
  /** "tfjs-node" or "tfjs-node-gpu". */
  readonly packageName: string;
  readonly version: string;
  /** Of the TensorFlow library. */
  readonly tensorflow: string;
  readonly onGpu: boolean;
}

export interface NativeOptions {
  readonly threads: number;
  /** False hides a GPU, also from a build that could use it. */
  readonly gpu: boolean;
}

/** A tfjs-node that is there, loadable or not. */
export interface Candidate {
  readonly packageFolder: string;
  /** "your project" or "vae-train setup tfjs": where it came from, for messages. */
  readonly from: string;
}

/** What builds a tfjs-node of one kind. */
export const setUpCommand = ({ gpu }: { gpu: boolean }): string =>
  `vae-train setup tfjs${gpu ? ' --gpu' : ''}`;

/**
 * The builds of tfjs-node on this machine, of one kind: first the one that the user's project has, then the one that
 * `vae-train setup tfjs` has made.
 */
export function nativeCandidates({ gpu }: { gpu: boolean }, project?: string): Candidate[] {
  const own = findInstalled(gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node', project);
  const prepared = findPrepared({ gpu });
  return [
    ...(own ? [{ packageFolder: own, from: 'your project' }] : []),
    ...(prepared ? [{ packageFolder: prepared.packageFolder, from: setUpCommand({ gpu }) }] : []),
  ];
}

/** TensorFlow's settings. */
const environmentFor = ({ threads, gpu }: NativeOptions): NodeJS.ProcessEnv => ({
  TF_NUM_INTRAOP_THREADS: String(threads),
  TF_NUM_INTEROP_THREADS: String(threads),
  TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
  // Otherwise one process takes all of a GPU's memory.
  TF_FORCE_GPU_ALLOW_GROWTH: process.env.TF_FORCE_GPU_ALLOW_GROWTH ?? 'true',
  ...(!gpu && { CUDA_VISIBLE_DEVICES: '-1' }),
});

/**
 * Loads something that reads its settings from the environment. That is the whole process's, where other engines
 * would be without a GPU that is hidden here.
 */
async function withEnvironment<T>(settings: NodeJS.ProcessEnv, load: () => Promise<T>): Promise<T> {
  const { env } = process;
  const before = Object.keys(settings).map((name) => [name, env[name]] as const);
  Object.assign(env, settings);
  try {
    return await load();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete env[name];
      else env[name] = value;
  }
}

/** Node 23 removed two functions that tfjs-node 4.22 calls for nearly every operator. */
function restoreUtil(): void {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
}

interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** One sum. A TensorFlow that was loaded and has never computed crashes when its thread ends. */
function tryOut(tf: Tf): void {
  const [sum] = tf.tidy(() => tf.add(1, 2).dataSync());
  if (sum !== 3) throw new Error(`it computes 1 + 2 = ${sum}`);
}

/**
 * Loads a tfjs-node: its JavaScript, the binding, and TensorFlow. A process loads TensorFlow once, so the threads and
 * the device of the first one stay.
 *
 * @throws whatever the package throws when its binding is missing or does not fit
 */
export async function loadNative({ packageFolder }: Candidate, options: NativeOptions): Promise<NativeTf> {
  restoreUtil();
  const tf = await withEnvironment(environmentFor(options), async () => {
    const loaded = requireQuietly(packageFolder) as Tf & {
      readonly version: Readonly<Record<string, string>>;
    };
    // Another tfjs of this process may have been used before.
    await loaded.setBackend('tensorflow');
    tryOut(loaded);
    return loaded;
  });
  const { binding, isUsingGpuDevice } = tf.backend() as unknown as NodeBackend;
  return {
    tf,
    packageName: basename(packageFolder),
    version: tf.version['tfjs-node'],
    tensorflow: binding.TF_Version,
    onGpu: isUsingGpuDevice,
  };
}
