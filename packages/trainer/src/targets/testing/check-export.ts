import { normal } from '@vae/sdk/random';
import { expect } from 'vitest';
import { evaluate } from '../../engines/reference/index.js';
import type { Graph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { type Input, input } from '../../graph/value.js';
import { writeOnnx } from '../../onnx/writer.js';
import { type FloatArray, relativeDifference, runOnnx } from '../../testing/run-onnx.js';
import { exportTarget } from '../export.js';
import { type LowerOptions, lower } from '../lower.js';

const TOLERANCE = 1e-5;

/** An input that tells the batch size, for graphs that have no other. */
export const batchInput = input('batch', 'data', ['N'], 'Tells how many samples there are.');

/** The file of a graph. */
export const bytesOf = (graph: Graph, options?: LowerOptions) =>
  writeOnnx(lower(graph, exportTarget, options));

const drawInput = ({ name, shape }: Input, batch: number): FloatArray => {
  const extents = resolveShape(shape, batch);
  const count = extents.reduce((product, dim) => product * dim, 1);
  return { shape: extents, data: normal({ seed: 3, stream: name }, count) };
};

/** Normal numbers for every input. */
export const drawAll = (graph: Graph, batch: number): Record<string, FloatArray> =>
  Object.fromEntries(graph.inputs.map((item) => [item.name, drawInput(item, batch)]));

/** Compares outputs with those of the reference. */
export function expectSame(
  graph: Graph,
  found: Readonly<Record<string, FloatArray>>,
  feeds: Readonly<Record<string, FloatArray>>,
  batch: number,
): void {
  const arrays = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
  const expected = evaluate(graph, arrays, batch);
  for (const name of graph.outputs.keys()) {
    const { data, shape } = expected[name];
    const difference = relativeDifference(found[name], expected[name]);
    const told = `${name}: [${found[name].data}] [${found[name].shape}], not [${data}] [${shape}]`;
    expect(difference, told).toBeLessThanOrEqual(TOLERANCE);
  }
}

/** Compares outputs in ONNX Runtime with the reference: of one model for any batch at batch 1 and 3, and of one for each. */
export async function checkExport(
  graph: Graph,
  draw = (batch: number) => drawAll(graph, batch),
  weights: Record<string, FloatArray> = {},
): Promise<void> {
  const fed = (batch: number) =>
    Object.fromEntries(Object.entries(draw(batch)).filter(([name]) => !(name in weights)));
  const batches = [1, 3];
  const open = await runOnnx(bytesOf(graph, { weights }), ...batches.map(fed));
  for (const [i, batch] of batches.entries()) {
    const [fixed] = await runOnnx(bytesOf(graph, { weights, batch }), fed(batch));
    const feeds = { ...draw(batch), ...weights };
    expectSame(graph, open[i], feeds, batch);
    expectSame(graph, fixed, feeds, batch);
  }
}
