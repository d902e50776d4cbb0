import { isAppleWebKit } from '../apple.js';
import type { OrtHost } from '../runtimes.js';
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
    const { gpu } = navigatorOf();
    if (!gpu)
      return 'this browser has no WebGPU; where one has it, only pages from https or localhost see it';
    const adapter = await gpu.requestAdapter().catch(() => null);
    return adapter ? undefined : 'the browser has WebGPU but gives no adapter for it';
  },

  async avoided({ os }, modelBytes) {
    if (os !== 'browser') return experimental;
    if (isAppleWebKit()) return "Safari's WebGPU has crashed with ONNX Runtime; ask for it by name";
    if (modelBytes === undefined || modelBytes < worthwhileBytes) {
      return `its runtime is a larger download than it is worth for a model below ${worthwhileBytes / 2 ** 20} MB; ask for it by name`;
    }
    const adapter = await navigatorOf().gpu?.requestAdapter();
    return isSoftware(adapter) ? 'the browser computes it in software; ask for it by name' : undefined;
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

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

interface NavigatorWithGpu {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
}

function navigatorOf(): NavigatorWithGpu {
  return (globalThis as { navigator?: NavigatorWithGpu }).navigator ?? {};
}

function isSoftware(adapter: Adapter | null | undefined): boolean {
  const { isFallbackAdapter, info } = adapter ?? {};
  return (
    isFallbackAdapter === true || info?.isFallbackAdapter === true || info?.architecture === 'swiftshader'
  );
}
