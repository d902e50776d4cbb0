import { reason, VaeError } from '../errors.js';
import type { DeviceRecord } from './devices/device.js';
import { serially } from './serial.js';
import { atOnce, wrapSession } from './session.js';
import { assertThreads, ortSessionOptions } from './session-options.js';
import type { Runtime } from './types.js';

/** What is known of a runtime before it makes sessions. */
export interface RuntimeParts extends Pick<Runtime, 'name' | 'ort' | 'threads' | 'report'> {
  readonly device: DeviceRecord;
}

/** The runtime that runs in this thread. */
export function makeRuntime({ name, ort, device, threads, report }: RuntimeParts): Runtime {
  const turn = device.serial ? serially : atOnce;
  return {
    name,
    version: String(ort.env?.versions?.common ?? 'unknown'),
    device: device.name,
    threads,
    report,
    worker: false,
    ort,
    async createSession(bytes, options = {}) {
      assertThreads(options.threads ?? threads);
      const ortOptions = ortSessionOptions(device, options.threads ?? threads, options);
      try {
        const session = await turn(() => ort.InferenceSession.create(bytes, ortOptions));
        return wrapSession(ort, session, turn);
      } catch (cause) {
        throw new VaeError('bad-model', `ONNX Runtime refused the model: ${reason(cause)}`, { cause });
      }
    },
  };
}
