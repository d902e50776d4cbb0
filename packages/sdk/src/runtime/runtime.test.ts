import type * as common from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { loadOrt } from '../platform/node/runtimes.js';
import { onnxModel } from '../testing/onnx.js';
import { loadRuntime, type OrtModule } from './index.js';

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

describe('loadRuntime', () => {
  it('takes a runtime of the caller and sees where it runs', async () => {
    const { ort } = await loadRuntime({ device: 'wasm' });
    const runtime = await loadRuntime({ ort });
    expect([runtime.name, runtime.device, runtime.ort]).toEqual(['injected', 'wasm', ort]);
    const other = await loadRuntime({ ort: (await loadRuntime()).ort });
    expect(other.device).toBe('cpu');
  });
});

describe('choosing a runtime when onnxruntime-node is missing', () => {
  const missing = () => Promise.reject(new Error("Cannot find package 'onnxruntime-node'\nand a stack"));
  const warnings: string[] = [];
  const importers = {
    native: missing,
    wasm: () => import('onnxruntime-web/wasm'),
    warn: (text: string) => void warnings.push(text),
  };

  it('falls back to wasm and says so once', async () => {
    expect((await loadOrt('auto', importers)).device).toBe('wasm');
    expect((await loadOrt('auto', importers)).name).toBe('onnxruntime-web');
    expect(warnings).toEqual([
      '@vae/sdk: running on the slower wasm build of ONNX Runtime, because onnxruntime-node did not load ' +
        "(Cannot find package 'onnxruntime-node'). For the fast one: ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node",
    ]);
  });

  it('does not fall back from an explicit device', async () => {
    await expect(loadOrt('cpu', importers)).rejects.toThrow(
      "device 'cpu' needs onnxruntime-node, which did not load: Cannot find package 'onnxruntime-node'. Install it with:",
    );
    await expect(loadOrt('wasm', { ...importers, wasm: missing })).rejects.toMatchObject({
      code: 'no-device',
    });
  });
});
