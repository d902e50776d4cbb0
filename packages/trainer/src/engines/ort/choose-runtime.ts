import { type DeviceReport, loadRuntime, type Runtime } from '@vae/sdk/runtime';
import { TrainerError } from '../../errors.js';
import type { EngineOptions } from '../engine.js';

export interface Choice {
  readonly runtime: Runtime;
  /** What a user should know of it. */
  readonly note?: string;
}

/** "device: cpu (CUDA: libcuda.so.1 is missing)": what was taken, and why not what would have been better. */
export function describeChoice(device: string, report: readonly DeviceReport[]): string {
  const why = report.find((one) => one.device === 'cuda' && !one.chosen)?.reason;
  // What to install is said where CUDA was asked for by its name.
  return why === undefined ? `device: ${device}` : `device: ${device} (CUDA: ${why.split('. ')[0]})`;
}

/**
 * Finds what ONNX Runtime is to train on. `auto` takes CUDA when a trial run on it succeeds, else the CPU; WebGPU is
 * taken only by its name.
 *
 * @throws TrainerError "engine-failed" when the device that was asked for is not there, with what to install
 */
export async function chooseRuntime(device: EngineOptions['device'] = 'auto'): Promise<Choice> {
  try {
    const runtime = await loadRuntime({ device, ownThread: true });
    if (device !== 'auto') return { runtime };
    return { runtime, note: describeChoice(runtime.device, runtime.report) };
  } catch (cause) {
    throw new TrainerError('engine-failed', (cause as Error).message, { cause });
  }
}
