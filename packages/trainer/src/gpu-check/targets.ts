import { loadRuntime } from '@vae/sdk/runtime';
import type { Compiled, EngineOptions, Program, State } from '../engines/engine.js';
import { type EngineName, engines } from '../engines/index.js';
import { findPrepared } from '../setup/tfjs/index.js';
import { Absent, splitAdvice } from './finding.js';

/** Something that trains. */
export interface Target {
  readonly name: string;
  readonly engine: EngineName;
  readonly device: NonNullable<EngineOptions['device']>;
}

export const cpuTarget: Target = { name: 'cpu', engine: 'ort', device: 'cpu' };

/** What is checked and compared with the CPU. */
export const gpuTargets: readonly Target[] = [
  { name: 'cuda', engine: 'ort', device: 'cuda' },
  { name: 'webgpu', engine: 'ort', device: 'webgpu' },
  { name: 'tfjs-cuda', engine: 'tfjs', device: 'cuda' },
];

/** A trial that failed for want of hardware or its driver is an absence; another failure is none. */
const lacksHardware = (message: string): boolean =>
  !message.includes('a trial run failed') || /adapter|libvulkan/i.test(message);

async function requireOrt(device: Target['device']): Promise<void> {
  try {
    await loadRuntime({ device });
  } catch (error) {
    const { message } = error as Error;
    if (!lacksHardware(message)) throw error;
    const { detail, advice } = splitAdvice(message.replace(/^device '\w+' is not there: /, ''));
    throw new Absent(detail, advice);
  }
}

/** An error of the tfjs engine, as an absence where nothing was prepared that could have worked. */
function tfjsError(error: unknown): unknown {
  const { message } = error as Error;
  if (!/no GPU can be used|not installed/.test(message)) return error;
  const prepared = findPrepared({ gpu: true });
  if (prepared && /does not load/.test(message)) return error;
  const advice = prepared
    ? 'nvidia-smi shows what the driver sees'
    : 'Where there is an NVIDIA GPU: vae-train setup tfjs --gpu';
  return new Absent(prepared ? 'TensorFlow.js sees no GPU' : 'tfjs-node is not set up for a GPU', advice);
}

/**
 * Starts an engine on a device.
 *
 * @throws Absent when the device is not there
 */
export async function open(
  target: Target,
  programs: Readonly<Record<string, Program>>,
  state: State,
): Promise<Compiled> {
  if (target.engine === 'ort') await requireOrt(target.device);
  const engine = await engines[target.engine]();
  try {
    return await engine.compile(programs, state, { device: target.device });
  } catch (error) {
    throw target.engine === 'tfjs' ? tfjsError(error) : error;
  }
}
