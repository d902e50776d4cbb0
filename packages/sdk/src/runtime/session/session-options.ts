import { VaeError } from '../../errors.js';
import type { DeviceRecord } from '../devices/device.js';
import type { SessionOptions } from '../types.js';

/** ONNX Runtime's log level 3: errors only. */
const errorsOnly = 3;

/**
 * How long a session's threads look for the next run before they sleep: longer than calls in a row are apart. By itself
 * ONNX Runtime lets them look for some 40 ms on a full processor each, which is then missing elsewhere.
 */
const spinMicroseconds = 300;

/**
 * ONNX Runtime's options for a session. One execution provider and no list to fall back on: such lists throw when
 * the first cannot start. Threads are always explicit: ONNX Runtime's own choice fails to pin threads in containers.
 *
 * In a thread of its own denormals count as zero, because kernels are many times slower with them. ONNX Runtime heeds
 * that for the calling thread in the first session of a process only, and for good; for the session's own threads
 * always. Elsewhere the caller's JavaScript would lose its denormal numbers too.
 */
export function ortSessionOptions(
  device: Pick<DeviceRecord, 'name' | 'memoryPattern'>,
  threads: number,
  { externalData }: SessionOptions,
  ownThread = false,
) {
  return {
    executionProviders: [device.name],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: errorsOnly,
    extra: {
      session: {
        set_denormal_as_zero: ownThread ? '1' : '0',
        intra_op: { spin_duration_us: `${spinMicroseconds}` },
      },
    },
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
