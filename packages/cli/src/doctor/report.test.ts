import { expect, it, describe as suite } from 'vitest';
import type { Machine } from './machine.js';
import { describe, findingsOf } from './report.js';

const machine: Machine = {
  os: 'linux',
  architecture: 'x64',
  musl: false,
  distributions: ['debian'],
  nvidia: false,
};
const present = { native: true, driver: false, cuda: false };
const reasonOf = (reason: string) =>
  findingsOf([{ device: 'dml', works: false, reason }], machine, present)[0];

suite('findingsOf', () => {
  it("splits the SDK's words into a reason and advice", () => {
    const reason =
      "device 'dml' is not there: onnxruntime-node did not load (a. b). Install it with: npm i x.";
    expect(reasonOf(reason)).toEqual({
      device: 'dml',
      works: false,
      reason: 'onnxruntime-node did not load (a. b).',
      advice: 'Install it with: npm i x.',
    });
    expect(reasonOf('It hangs.')).toMatchObject({ reason: 'It hangs.', advice: undefined });
  });

  it('leaves out where in its sources ONNX Runtime gave up', () => {
    const webgpu =
      "device 'dml' is not there: a trial run failed: /onnxruntime_src/a/webgpu_context.cc:136 void f()::<lambda()> status == X::Success was false. Failed to get a WebGPU adapter: none.";
    expect(reasonOf(webgpu)?.reason).toBe('a trial run failed: Failed to get a WebGPU adapter: none.');
    const cuda =
      "device 'dml' is not there: a trial run failed: /onnxruntime_src/a/cuda_call.cc:154 T CudaCall() [with E = cudaError] /onnxruntime_src/a/cuda_call.cc:146 T CudaCall() [with E = cudaError] CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=vm ; expr=cudaSetDevice(id); .";
    expect(reasonOf(cuda)?.reason).toBe(
      'a trial run failed: CUDA failure 100: no CUDA-capable device is detected.',
    );
  });

  it('prefers advice of its own', () => {
    const trial = { device: 'webgpu', works: false, reason: 'No adapter. It needs Vulkan.' } as const;
    expect(findingsOf([trial], machine, present)[0]?.advice).toBe(
      'sudo apt install libvulkan1 mesa-vulkan-drivers',
    );
  });
});

suite('describe', () => {
  it('has a line per device, and one with what to do', () => {
    const findings = [
      { device: 'cpu', works: true, runtime: 'onnxruntime-node 1.30.0' },
      {
        device: 'webgpu',
        works: true,
        runtime: 'onnxruntime-node 1.30.0',
        reason: 'At its end the process crashed (SIGSEGV).',
      },
      { device: 'cuda', works: false, reason: 'libcuda.so.1 is missing.', advice: 'vae doctor --fix' },
    ] as const;
    expect(describe(findings, { ...machine, musl: true, nvidiaDriver: '580.1' }).split('\n')).toEqual([
      `Node ${process.versions.node}, linux x64 (musl), NVIDIA driver 580.1`,
      'cpu     works           onnxruntime-node 1.30.0',
      'webgpu  works           onnxruntime-node 1.30.0. At its end the process crashed (SIGSEGV).',
      'cuda    does not work   libcuda.so.1 is missing.',
      '                        → vae doctor --fix',
    ]);
  });
});
