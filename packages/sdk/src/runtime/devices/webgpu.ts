import type { OrtHost } from '../host.js';
import { isAppleWebKit } from './apple.js';
import { type DeviceRecord, experimental, placeOf } from './device.js';

/**
 * Below this size 'auto' leaves a page on wasm. The WebGPU build of onnxruntime-web is 27 MB to fetch and compile,
 * the wasm one 14 MB, and a small model is done on wasm before its results would be back from the GPU.
 */
export const worthwhileBytes = 16 * 2 ** 20;

export const webgpu: DeviceRecord = {
  name: 'webgpu',
  serial: true,
  build: ({ os }) => (os === 'browser' ? 'webgpu' : 'native'),

  async absent(host) {
    if (host.os !== 'browser') return absentInNode(host);
    const { lackOfGpu } = await import('./browser-gpu.js');
    return lackOfGpu();
  },

  async avoided({ os }, modelBytes) {
    if (os !== 'browser') return experimental;
    if (isAppleWebKit()) return "Safari's WebGPU has crashed with ONNX Runtime; ask for it by name";
    if (modelBytes === undefined || modelBytes < worthwhileBytes) {
      return `its runtime is too large a download for a model below ${worthwhileBytes / 2 ** 20} MB; ask for it by name`;
    }
    const { isSoftwareGpu } = await import('./browser-gpu.js');
    return (await isSoftwareGpu()) ? 'the browser computes it in software; ask for it by name' : undefined;
  },

  advice: ({ os }) =>
    os === 'linux'
      ? 'It needs a Vulkan loader and driver: apt install libvulkan1 mesa-vulkan-drivers'
      : undefined,
};

function absentInNode(host: OrtHost): string | undefined {
  const absent = host.os === 'linux' && host.architecture !== 'x64';
  return absent ? `onnxruntime-node has no WebGPU on ${placeOf(host)}` : undefined;
}
