import { VaeError } from '../errors.js';
import type { DeviceRecord } from './devices/device.js';
import type { SessionOptions } from './types.js';

/** ONNX Runtime's log level 3: errors only. */
const errorsOnly = 3;

/**
 * ONNX Runtime's options for a session. One execution provider and no list to fall back on: such lists throw when
 * the first cannot start. Threads are always explicit: ONNX Runtime's own choice fails to pin threads in containers.
 * Denormals count as zero: trained weights hold them, and kernels are up to ten times slower with them.
 */
export function ortSessionOptions(device: DeviceRecord, threads: number, { externalData }: SessionOptions) {
  return {
    executionProviders: [device.name],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: errorsOnly,
    extra: { session: { set_denormal_as_zero: '1' } },
    ...(device.memoryPattern === false ? { enableMemPattern: false } : {}),
    ...(externalData ? { externalData } : {}),
  };
}

/** Refuses a number of threads that no session can have. */
export function assertThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new VaeError('bad-option', `threads is ${threads}, expected a whole number from 1 to 1024.`);
  }
}
