import { afterEach, describe, expect, it, vi } from 'vitest';
import { cudaLack } from '../../platform/node/cuda.js';
import type { CudaState, OrtHost } from '../host.js';
import { isAppleWebKit } from './apple.js';
import { devices } from './index.js';
import { worthwhileBytes } from './webgpu.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

const place = (more: Partial<OrtHost>) => ({ os: 'linux', architecture: 'x64', ...more }) as OrtHost;

describe('CUDA', () => {
  const machine = (more: Partial<CudaState>) =>
    place({
      cudaLack,
      cudaState: () => ({
        binding: '/ort',
        provider: '/ort/libonnxruntime_providers_cuda.so',
        libraries: '/cache',
        driver: true,
        missing: () => [],
        ...more,
      }),
    });

  it.each<[string, Partial<CudaState>, string]>([
    ['a driver', { driver: false }, "libcuda.so.1 is missing. It comes with NVIDIA's driver"],
    [
      'a provider',
      { provider: undefined },
      'libonnxruntime_providers_cuda.so is missing beside onnxruntime-node',
    ],
    [
      'libraries',
      { missing: () => ['libcublas.so.13', 'libcudnn.so.9'] },
      'missing of CUDA 13 and cuDNN 9: libcublas.so.13, libcudnn.so.9',
    ],
  ])('is absent without %s, and the reason says what to run', async (_, state, reason) => {
    const absent = await devices.cuda.absent(machine(state));
    expect(absent).toContain(reason);
    expect(absent).toContain('vae doctor --fix');
  });

  it('is tried where everything is there, and where the missing package will speak for itself', async () => {
    expect(await devices.cuda.absent(machine({}))).toBeUndefined();
    expect(await devices.cuda.absent(machine({ binding: undefined, driver: false }))).toBeUndefined();
  });
});

describe('WebGPU in a browser', () => {
  const browser = place({ os: 'browser' });
  const large = worthwhileBytes;
  const stub = (adapter: unknown, more = {}) =>
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter }, ...more });

  it('needs an adapter', async () => {
    vi.stubGlobal('navigator', {});
    expect(await devices.webgpu.absent(browser)).toContain('this browser has no WebGPU');
    stub(null);
    expect(await devices.webgpu.absent(browser)).toContain('gives no adapter');
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.reject(new Error('lost')) } });
    expect(await devices.webgpu.absent(browser)).toContain('gives no adapter');
    stub({});
    expect(await devices.webgpu.absent(browser)).toBeUndefined();
  });

  it("is what 'auto' takes for large models on hardware only", async () => {
    stub({ info: { architecture: 'ampere' } });
    expect(await devices.webgpu.avoided!(browser, large)).toBeUndefined();
    expect(await devices.webgpu.avoided!(browser, large - 1)).toContain('below 16 MB');
    expect(await devices.webgpu.avoided!(browser, undefined)).toContain('below 16 MB');
    for (const adapter of [
      { isFallbackAdapter: true },
      { info: { isFallbackAdapter: true } },
      { info: { architecture: 'swiftshader' } },
    ]) {
      stub(adapter);
      expect(await devices.webgpu.avoided!(browser, large)).toContain('in software');
    }
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.reject(new Error('blocked')) } });
    expect(await devices.webgpu.avoided!(browser, large)).toBeUndefined();
    stub({}, { vendor: 'Apple Computer, Inc.' });
    expect(await devices.webgpu.avoided!(browser, large)).toContain('Safari');
  });

  it('is in Node only for those who ask', async () => {
    expect(await devices.webgpu.avoided!(place({}), large)).toContain('experimental');
    expect(await devices.webgpu.absent(place({}))).toBeUndefined();
    expect(await devices.webgpu.absent(place({ architecture: 'arm64' }))).toContain(
      'no WebGPU on linux arm64',
    );
    expect(await devices.webgpu.absent(place({ os: 'darwin', architecture: 'arm64' }))).toBeUndefined();
  });
});

describe('the build of ONNX Runtime', () => {
  it('is the one that has the device there', () => {
    const build = (name: keyof typeof devices, os: string) => devices[name].build(place({ os }));
    expect(['cpu', 'cuda', 'coreml', 'dml', 'webgpu'].map((name) => build(name as 'cpu', 'linux'))).toEqual(
      Array(5).fill('native'),
    );
    expect([build('wasm', 'linux'), build('wasm', 'browser'), build('webgpu', 'browser')]).toEqual([
      'wasm',
      'wasm',
      'webgpu',
    ]);
  });
});

describe('isAppleWebKit', () => {
  const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
  it.each([
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.1 Safari/605.1.15`, true],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${webkit} CriOS/131.0 Mobile/15E148 Safari/604.1`,
      true,
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      false,
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', false],
    ['', false],
  ])('%s', (userAgent, expected) => {
    vi.stubGlobal('navigator', { userAgent });
    expect(isAppleWebKit()).toBe(expected);
  });
});
