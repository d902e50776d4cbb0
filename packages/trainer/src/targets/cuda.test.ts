import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input } from '../graph/value.js';
import { writeOnnx } from '../onnx/writer.js';
import { convTranspose } from '../ops/index.js';
import { relativeDifference, runOnnx } from '../testing/run-onnx.js';
import { cudaTarget } from './cuda.js';
import { lower } from './lower.js';

type Pads = [number, number, number, number];

describe('a transposed convolution for CUDA', () => {
  it.each<[Pads, [number, number], boolean]>([
    [[1, 1, 1, 1], [0, 0], false],
    [[1, 1, 1, 1], [1, 1], false],
    [[0, 0, 1, 1], [0, 0], true],
    [[1, 0, 0, 1], [1, 0], true],
    [[2, 0, 1, 1], [0, 1], true],
  ])('with pads %j and output padding %j pads both sides alike', async (pads, outputPadding, isCut) => {
    const [x, w] = [input('x', 'data', [2, 3, 4, 5], ''), input('w', 'data', [3, 2, 3, 3], '')];
    const graph = buildGraph('g', { y: convTranspose(x, w, { strides: [2, 2], pads }, outputPadding) });
    const model = lower(graph, cudaTarget);
    const [transposed, ...rest] = model.nodes;
    const [top, left, bottom, right] = transposed.attributes.pads as number[];
    expect([top, left]).toEqual([bottom, right]);
    expect(rest.map(({ op }) => op)).toEqual(isCut ? ['Slice'] : []);
    const feeds = { x: uniform({ seed: 1, stream: 'x' }, 120), w: uniform({ seed: 1, stream: 'w' }, 54) };
    const [{ y }] = await runOnnx(writeOnnx(model), {
      x: { data: Float32Array.from(feeds.x), shape: [2, 3, 4, 5] },
      w: { data: Float32Array.from(feeds.w), shape: [3, 2, 3, 3] },
    });
    expect(relativeDifference(y, evaluate(graph, feeds, 1).y)).toBeLessThan(1e-6);
  });
});
