import { TrainerError } from '../../errors.js';
import type { EngineOptions } from '../engine.js';
import { type Candidate, loadNative, type NativeTf, nativeCandidates, setUpCommand } from './native.js';
import { openCpu, openWasm } from './portable.js';
import type { Tf } from './tf.js';

/** What computes, ready to use. */
export interface Backend {
  readonly tf: Tf;
  /** True for TensorFlow itself, false for what tfjs has of its own. */
  readonly isNative: boolean;
  /** "tfjs-node 4.22.0, TensorFlow 2.21.0 (cpu, 2 threads)" */
  readonly description: string;
  readonly device: 'cpu' | 'cuda' | 'wasm';
  readonly versions: Readonly<Record<string, string>>;
  /** What the user should know of the choice. */
  readonly notes: readonly string[];
}

export interface BackendOptions extends Pick<EngineOptions, 'device'> {
  readonly threads: number;
  /** Takes this back end and no other. */
  readonly only?: 'native' | 'wasm' | 'cpu';
}

const SET_UP = setUpCommand({ gpu: false });
const plural = (threads: number): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`;

const firstLine = (error: unknown): string => (error as Error).message.trim().split('\n')[0];

function describeNative(native: NativeTf, threads: number, notes: readonly string[]): Backend {
  const { tf, packageName, version, tensorflow, onGpu } = native;
  const device = onGpu ? 'cuda' : 'cpu';
  const where = onGpu ? device : `${device}, ${plural(threads)}`;
  return {
    tf,
    isNative: true,
    device,
    description: `${packageName} ${version}, TensorFlow ${tensorflow} (${where})`,
    versions: { [`@tensorflow/${packageName}`]: version, tensorflow },
    notes,
  };
}

/** The builds of tfjs-node that fit a device, the best first; a build for CUDA runs without a GPU too. */
function candidatesFor(device: BackendOptions['device']): Candidate[] {
  const [gpu, cpu] = [true, false].map((gpu) => nativeCandidates({ gpu }));
  return device === 'cpu' ? [...cpu, ...gpu] : [...gpu, ...cpu];
}

/** The first build of tfjs-node that loads, and on CUDA where the device asks for it. */
async function openNative(
  { device, threads }: BackendOptions,
  notes: string[],
): Promise<Backend | undefined> {
  for (const candidate of candidatesFor(device))
    try {
      const native = await loadNative(candidate, { threads, gpu: device !== 'cpu' });
      if (device !== 'cuda' || native.onGpu) return describeNative(native, threads, notes);
      notes.push(`tfjs-node from ${candidate.from} sees no GPU.`);
    } catch (error) {
      notes.push(`tfjs-node from ${candidate.from} does not load (${firstLine(error)}).`);
    }
  return undefined;
}

function requireDevice(device: BackendOptions['device']): void {
  if (device !== 'webgpu') return;
  throw new TrainerError(
    'engine-failed',
    'tfjs: TensorFlow.js trains on cuda or cpu here, not on webgpu. Use --device cuda, cpu or auto.',
  );
}

const noGpu = (notes: readonly string[]): TrainerError =>
  new TrainerError(
    'engine-failed',
    `tfjs: no GPU can be used. ${[...notes, ''].join(' ')}Where there is an NVIDIA GPU, "${setUpCommand({ gpu: true })}" ` +
      'builds a tfjs-node for it; otherwise use --device cpu.',
  );

/**
 * Takes the best way of running TensorFlow.js: tfjs-node-gpu, tfjs-node, WebAssembly, plain JavaScript.
 *
 * @throws TrainerError "engine-failed" when the device cannot be had, or when no TensorFlow.js is installed
 * @example const { tf, description } = await openBackend({ device: 'auto', threads: 2 });
 */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  const { device, only } = options;
  requireDevice(device);
  const notes: string[] = [];
  const native = only === undefined || only === 'native' ? await openNative(options, notes) : undefined;
  if (native) return native;
  if (device === 'cuda') throw noGpu(notes);
  if (only === undefined)
    notes.push(`Without tfjs-node training is several times slower; "${SET_UP}" builds it.`);
  const portable = (only !== 'cpu' && (await openWasm(notes))) || (await openCpu(notes));
  if (portable) return portable;
  throw new TrainerError(
    'engine-failed',
    `tfjs: TensorFlow.js is not installed. ${[...notes, ''].join(' ')}Run "${SET_UP}", or install @tensorflow/tfjs.`,
  );
}
