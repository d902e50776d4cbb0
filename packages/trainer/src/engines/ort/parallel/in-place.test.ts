import { loadRuntime, type OrtTensor } from '@vae/sdk/runtime';
import { describe, expect, it, vi } from 'vitest';
import type { OnnxModel } from '../../../onnx/model.js';
import { writeOnnx } from '../../../onnx/writer.js';
import { createSession } from '../session.js';
import { InPlaceRuns, withRefusedOutput } from './in-place.js';

const doubled: OnnxModel = {
  name: 'doubled',
  doc: '',
  inputs: [{ name: 'x', dims: [3] }],
  outputs: [
    { name: 'y', dims: [3] },
    { name: 'sum', dims: [1] },
  ],
  nodes: [
    { op: 'Add', inputs: ['x', 'x'], outputs: ['y'], attributes: {} },
    { op: 'ReduceSum', inputs: ['y'], outputs: ['sum'], attributes: {} },
  ],
  initializers: [],
};

describe('a run in place', () => {
  it('writes the outputs where they are wanted, and gets none of them back', async () => {
    const runtime = await loadRuntime({ device: 'cpu', ownThread: true });
    const session = await createSession(runtime, 'doubled', writeOnnx(withRefusedOutput(doubled, 'sum')), {
      threads: 1,
    });
    const run = vi.spyOn(session, 'run');
    const [y, sum] = [new Float32Array(3), new Float32Array(1)];
    const tensor = (data: Float32Array) =>
      new runtime.ort.Tensor('float32', data, [data.length]) as OrtTensor;
    const runs = new InPlaceRuns(session);
    for (const x of [
      [1, 2, 3],
      [4, -5, 6],
    ]) {
      await runs.run({ x: tensor(Float32Array.from(x)) }, { y: tensor(y), sum: tensor(sum) }, sum);
      expect([...y]).toEqual(x.map((value) => 2 * value));
      expect([...sum]).toEqual([2 * x.reduce((a, b) => a + b)]);
    }
    expect(run).toHaveBeenCalledTimes(2);
    await expect(run.mock.results[0].value).rejects.toThrow('Non tensor type');
    await session.release();
  });

  it.each([
    [
      'refuses before it has written anything',
      () => Promise.reject(new Error('Non tensor type is not there.')),
    ],
    ['refuses for another reason', () => Promise.reject(new Error('Out of memory.'))],
    ['has another way with sequences and leaves the arrays alone', () => Promise.resolve({})],
  ])('copies for good where the runtime %s', async (_, answer) => {
    const sum = new Float32Array(1);
    const run = vi.fn((_: unknown, fetches: object) => {
      if ('refused' in fetches) return answer();
      sum[0] += 7;
      return Promise.resolve({});
    });
    const runs = new InPlaceRuns({ run });
    await runs.run({}, {}, sum);
    sum[0] = 0;
    await runs.run({}, {}, sum);
    expect(sum[0]).toBe(7);
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('hands on what the runtime says of a run that fails', async () => {
    const run = () => Promise.reject(new Error('Out of memory.'));
    await expect(new InPlaceRuns({ run }).run({}, {}, new Float32Array(1))).rejects.toThrow('Out of memory.');
  });
});
