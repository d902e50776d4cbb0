import { reason, VaeError } from '../../errors.js';
import type { FoundOrt, Runtimes } from '../../runtime/runtimes.js';
import type { Device } from '../../runtime/types.js';

/** Browsers: ONNX Runtime is the wasm build. */
export const runtimes: Runtimes = {
  async loadOrt(device: Device): Promise<FoundOrt> {
    if (device === 'cpu') {
      throw new VaeError(
        'no-device',
        "device 'cpu' is the native runtime of Node; in a browser use 'wasm' or 'auto'.",
      );
    }
    try {
      const ort = await import('onnxruntime-web/wasm');
      ort.env.wasm.numThreads = 1;
      return { name: 'onnxruntime-web', device: 'wasm', ort };
    } catch (cause) {
      throw new VaeError('no-device', `onnxruntime-web could not be loaded: ${reason(cause)}`, { cause });
    }
  },

  defaultThreads: () => 1,
};
