import { type DeviceRecord, placeOf } from './device.js';

export const cuda: DeviceRecord = {
  name: 'cuda',
  build: () => 'native',
  absent(host) {
    const state = host.cudaState?.();
    if (!state) return `onnxruntime-node has CUDA on Linux x64 only, this is ${placeOf(host)}`;
    // Without the package the import says what to install.
    if (!state.binding) return undefined;
    if (!state.driver) {
      return "libcuda.so.1 is missing. It comes with NVIDIA's driver: install that (nvidia-smi then works), and run: vae doctor --fix";
    }
    if (!state.provider) {
      return 'libonnxruntime_providers_cuda.so is missing beside onnxruntime-node. Install it with: vae doctor --fix';
    }
    const missing = state.missing();
    if (missing.length === 0) return undefined;
    return `missing of CUDA 13 and cuDNN 9: ${missing.join(', ')}. Install with: vae doctor --fix`;
  },
  advice: () => 'See what is missing with: vae doctor',
};
