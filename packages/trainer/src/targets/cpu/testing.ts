import { fromFile, toFile } from '../../engines/ort/parallel/layout.js';
import { evaluate } from '../../engines/reference/index.js';
import type { Array64 } from '../../engines/reference/kernels.js';
import type { Graph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { gradientName } from '../../graph/value.js';
import { writeOnnx } from '../../onnx/writer.js';
import { type FloatArray, relativeDifference, runOnnx } from '../../testing/run-onnx.js';
import { type CpuOptions, lowerForCpu } from './index.js';
import { sameList } from './layout.js';

type Arrays = Readonly<Record<string, FloatArray>>;

/** Runs a lowered graph on arrays in the graph's own layout, and gives its outputs in it. */
export async function runForCpu(graph: Graph, feeds: Arrays, options: CpuOptions): Promise<Arrays> {
  const { model, layouts } = lowerForCpu(graph, options);
  const lying = model.inputs.map(({ name, dims }) => {
    const data = toFile(feeds[name], layouts.get(name));
    return [name, { data, shape: dims as number[] }];
  });
  const [found] = await runOnnx(writeOnnx(model), Object.fromEntries(lying));
  const orders = new Map([...layouts].map(([name, order]) => [gradientName(name), order]));
  return Object.fromEntries(
    model.outputs.map(({ name, dims }) => {
      const { data, shape } = found[name];
      if (!sameList(shape, dims as number[]))
        throw new Error(`"${name}" is [${shape}], declared as [${dims}].`);
      const own = resolveShape(graph.outputs.get(name)!.shape, options.batch);
      return [name, { data: fromFile(data, own, orders.get(name)), shape: own }];
    }),
  );
}

/** {@link relativeDifference} of the output where it is largest. */
export const largestDifference = (found: Arrays, expected: Readonly<Record<string, Array64>>): number =>
  Object.entries(expected).reduce(
    (largest, [name, array]) => Math.max(largest, relativeDifference(found[name], array)),
    0,
  );

/** How far a lowered graph is from the reference engine. */
export async function differenceForCpu(graph: Graph, feeds: Arrays, options: CpuOptions): Promise<number> {
  const numbers = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
  const expected = evaluate(graph, numbers, options.batch);
  return largestDifference(await runForCpu(graph, feeds, options), expected);
}
