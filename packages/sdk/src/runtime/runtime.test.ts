import type * as common from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { onnxModel } from '../testing/onnx.js';
import { type Device, loadRuntime, type OrtModule } from './index.js';

/** Compiles only while ONNX Runtime's own types fit the structural one. */
export const fits = (ort: typeof common): OrtModule => ort;

const doubling = onnxModel({
  inputs: [{ name: 'x', shape: ['N', 2] }],
  outputs: [
    { name: 'y', shape: ['N', 2] },
    { name: 'count', shape: [2], type: 7 },
  ],
  constants: [],
  nodes: [
    { op: 'Add', inputs: ['x', 'x'], outputs: ['y'] },
    { op: 'Shape', inputs: ['x'], outputs: ['count'] },
  ],
});

describe.each(['cpu', 'wasm'] as const)('the runtime on %s', (device) => {
  it('describes and runs a graph', async () => {
    const runtime = await loadRuntime({ device });
    expect(runtime.device).toBe(device);
    expect(runtime.name).toBe(device === 'cpu' ? 'onnxruntime-node' : 'onnxruntime-web');
    expect(runtime.version).toMatch(/^\d+\.\d+\.\d+$/);
    const session = await runtime.createSession(doubling, { threads: 1 });
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', dims: ['N', 2] }]);
    expect(session.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['y', 'float32'],
      ['count', 'int64'],
    ]);
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };
    expect(await session.run({ x })).toEqual({
      y: { data: Float32Array.of(2, 4, 6, 8, 10, 12), shape: [3, 2] },
      count: { data: BigInt64Array.of(3n, 2n), shape: [2] },
    });
    expect(Object.keys(await session.run({ x }, ['y']))).toEqual(['y']);
    await expect(session.run({ x: { data: new Float32Array(3), shape: [1, 3] } })).rejects.toMatchObject({
      code: 'runtime-failed',
    });
    await session.release();
  });

  it('gives outputs that a later run does not overwrite', async () => {
    const session = await (await loadRuntime({ device })).createSession(doubling);
    const feed = (value: number) => ({ x: { data: Float32Array.of(value, value), shape: [1, 2] } });
    const first = (await session.run(feed(1), ['y'])).y!;
    await session.run(feed(5), ['y']);
    expect([...(first.data as Float32Array)]).toEqual([2, 2]);
    expect(first.data.byteLength).toBe(first.data.buffer.byteLength);
    await session.release();
  });
});

describe('half precision', () => {
  const half = 10;
  const model = onnxModel({
    inputs: [{ name: 'x', shape: ['N', 2], type: half }],
    outputs: [{ name: 'y', shape: ['N', 2], type: half }],
    constants: [],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });

  it.each(['cpu', 'wasm'] as const)('goes in and out as float32 on %s', async (device) => {
    const session = await (await loadRuntime({ device })).createSession(model);
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float16', dims: ['N', 2] }]);
    // 1 + 2^-11 lies between two halves and goes to the even one, 1.
    const { y } = await session.run({ x: { data: Float32Array.of(1 + 2 ** -11, -0.5), shape: [1, 2] } });
    expect(y).toEqual({ data: Float32Array.of(2, -1), shape: [1, 2] });
    // Bits are taken as they are: 0x3c00 is 1, 0x7bff is 65504, whose double is infinite.
    const bits = await session.run({ x: { data: Uint16Array.of(0x3c00, 0x7bff), shape: [1, 2] } });
    expect([...bits.y!.data]).toEqual([2, Number.POSITIVE_INFINITY]);
    await session.release();
  });
});

describe('loadRuntime', () => {
  it('takes a runtime of the caller and sees where it runs', async () => {
    const { ort } = await loadRuntime({ device: 'wasm' });
    const runtime = await loadRuntime({ ort });
    expect([runtime.name, runtime.device, runtime.ort, runtime.threads]).toEqual([
      'injected',
      'wasm',
      ort,
      1,
    ]);
    const other = await loadRuntime({ ort: (await loadRuntime({ device: 'cpu' })).ort, threads: 3 });
    expect([other.device, other.threads]).toEqual(['cpu', 3]);
    expect(other.report).toEqual([{ device: 'cpu', chosen: true, reason: expect.any(String) }]);
  });

  it('refuses options that no runtime has', async () => {
    await expect(loadRuntime({ device: 'WebGPU' as Device })).rejects.toMatchObject({
      code: 'no-device',
      message:
        "device 'WebGPU' is not known. Did you mean 'webgpu'? There are 'auto', 'cuda', 'webgpu', 'coreml', 'dml', 'cpu', 'wasm'.",
    });
    await expect(loadRuntime({ device: 'toString' as Device })).rejects.toThrow("'toString' is not known");
    await expect(loadRuntime({ threads: 0 })).rejects.toMatchObject({ code: 'bad-option' });
    await expect(loadRuntime({ wasm: { paths: 7 as never } })).rejects.toThrow('wasm.paths is 7');
    await expect(loadRuntime({ wasm: { binary: 'x' as never } })).rejects.toThrow('wasm.binary');
  });

  it('refuses a number of threads for one session', async () => {
    const runtime = await loadRuntime({ device: 'cpu', threads: 1 });
    await expect(runtime.createSession(doubling, { threads: 1.5 })).rejects.toThrow('threads is 1.5');
  });
});
