import { type DeviceRecord, placeOf } from './device.js';

export const cuda: DeviceRecord = {
  name: 'cuda',
  build: () => 'native',
  absent(host) {
    const state = host.cudaState?.();
    if (!state) return `onnxruntime-node has CUDA on Linux x64 only, this is ${placeOf(host)}`;
    // Without the package the import says what to install.
    return state.binding && host.cudaLack?.(state);
  },
  advice: () => 'Look with: vae doctor',
};
