import { gradientName } from '../../engines/engine.js';
import { evaluate } from '../../engines/reference/index.js';
import type { Array64 } from '../../engines/reference/kernels.js';
import type { Graph } from '../../graph/graph.js';
import { resolveShape, sizeOf } from '../../graph/shape.js';
import { writeOnnx } from '../../onnx/writer.js';
import { type FloatArray, runOnnx } from '../../testing/run-onnx.js';
import { type CpuOptions, lowerForCpu } from './index.js';
import { permuted, sameList } from './layout.js';

type Numbers = Float32Array | Float64Array;
type Arrays = Readonly<Record<string, FloatArray>>;

/** An array with its axes in another order: axis i of the result is axis `order[i]`. */
export function reordered<Data extends Numbers>(
  { data, shape }: { readonly data: Data; readonly shape: readonly number[] },
  order: readonly number[],
): { data: Data; shape: number[] } {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const [dims, steps] = [permuted(shape, order), permuted(strides, order)];
  const result = data.slice() as Data;
  for (let index = 0; index < data.length; index++) {
    let [rest, from] = [index, 0];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += (rest % dims[axis]) * steps[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    result[index] = data[from];
  }
  return { data: result, shape: dims };
}

/** Runs a lowered graph on arrays in the graph's own layout, and gives its outputs in it. */
export async function runForCpu(graph: Graph, feeds: Arrays, options: CpuOptions): Promise<Arrays> {
  const { model, layouts } = lowerForCpu(graph, options);
  const lying = model.inputs.map(({ name, dims }) => {
    const order = layouts.get(name);
    const { data } = order ? reordered(feeds[name], order) : feeds[name];
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
      const order = orders.get(name);
      if (!order) return [name, { data, shape: own }];
      const back = order.map((_, axis) => order.indexOf(axis));
      return [name, reordered({ data, shape: permuted(own, order) }, back)];
    }),
  );
}

/** Largest difference in an array, relative to the largest number in it; infinite for another shape and for NaN. */
function relativeDifference(found: FloatArray, { data, shape }: Array64): number {
  if (String(found.shape) !== String(shape)) return Number.POSITIVE_INFINITY;
  let [largest, scale] = [0, 1e-30];
  for (let i = 0; i < data.length; i++) {
    const difference = Math.abs(found.data[i] - data[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(data[i]));
  }
  return largest / scale;
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
