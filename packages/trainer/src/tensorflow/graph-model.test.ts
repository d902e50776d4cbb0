import { describe, expect, it } from 'vitest';
import { openGraphModel, runGraphModel } from '../testing/run-graph-model.js';
import type { TensorflowGraph } from './graph.js';
import { writeGraphModel } from './graph-model.js';

const FLOAT = { type: 'DT_FLOAT' } as const;
const MIB = 2 ** 20;

/** y = x + w with `count` weights 0, 1, 2, … */
const addition = (count: number): TensorflowGraph => ({
  inputs: [{ name: 'x', dims: [-1, count] }],
  outputs: [{ name: 'y', dims: [-1, count] }],
  nodes: [
    { name: 'x', op: 'Placeholder', inputs: [], attributes: { dtype: FLOAT, shape: { shape: [-1, count] } } },
    {
      name: 'w',
      op: 'Const',
      inputs: [],
      attributes: {
        dtype: FLOAT,
        value: { tensor: { dims: [count], data: Float32Array.from({ length: count }, (_, i) => i) } },
      },
    },
    { name: 'y', op: 'AddV2', inputs: ['x', 'w'], attributes: { T: FLOAT } },
  ],
});

const filesOf = (count: number, metadata = {}) => writeGraphModel(addition(count), metadata);
const modelJson = (files: ReturnType<typeof writeGraphModel>) => JSON.parse(files[0][1] as string);

describe('a GraphModel', () => {
  it('runs in TensorFlow.js, by names', async () => {
    const [{ y }] = await runGraphModel(filesOf(3), {
      x: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
    });
    expect(y).toEqual({ data: Float32Array.of(1, 3, 5, 4, 6, 8), shape: [2, 3] });
  });

  it('says what it takes, gives, and was told', async () => {
    const model = await openGraphModel(filesOf(3, { vae: { name: 'digits' } }));
    expect(model.inputs.map(({ name, shape }) => [name, shape])).toEqual([['x', [-1, 3]]]);
    expect(model.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(model.metadata).toMatchObject({ vae: { name: 'digits' } });
    model.dispose();
  });

  it('has its weights in pieces of at most 4 MiB, in the order of the list', async () => {
    const count = 2.5 * MIB;
    const files = filesOf(count);
    expect(files.map(([name]) => name)).toEqual([
      'model.json',
      'group1-shard1of3.bin',
      'group1-shard2of3.bin',
      'group1-shard3of3.bin',
    ]);
    expect(files.slice(1).map(([, content]) => content.length)).toEqual([4 * MIB, 4 * MIB, 2 * MIB]);
    const [{ paths, weights }] = modelJson(files).weightsManifest;
    expect(paths).toEqual(files.slice(1).map(([name]) => name));
    expect(weights).toEqual([{ name: 'w', shape: [count], dtype: 'float32' }]);
    const [{ y }] = await runGraphModel(files, { x: { data: new Float32Array(count), shape: [1, count] } });
    expect([y.data[MIB - 1], y.data[MIB], y.data[count - 1]]).toEqual([MIB - 1, MIB, count - 1]);
  });

  it('has no numbers in its JSON', () => {
    const { modelTopology, format } = modelJson(filesOf(3));
    expect(format).toBe('graph-model');
    const [, constant] = modelTopology.node;
    expect(constant.attr.value).toEqual({
      tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '3' }] } },
    });
  });
});
