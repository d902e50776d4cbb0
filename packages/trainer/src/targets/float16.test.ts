import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { elementTypes, type OnnxModel } from '../onnx/model.js';
import { writeOnnx } from '../onnx/writer.js';
import { add, conv, convTranspose, matMul, relu, reshape, square, sumAll } from '../ops/index.js';
import { keepHalves } from '../testing/keep-halves.js';
import { relativeDifference, runOnnx } from '../testing/run-onnx.js';
import { cudaTarget } from './cuda.js';
import { exportTarget } from './export.js';
import { float16Products, inPrecision } from './float16.js';
import { lower } from './lower.js';

const weight = (name: string, ...shape: number[]) => input(name, 'state', shape, 'Weight.');
const window = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;

/** A convolution, a dense layer and a transposed convolution, with the gradient of every weight. */
function network() {
  const x = input('x', 'data', [2, 1, 6, 6], 'Images.');
  const [w, v, u] = [weight('w', 3, 1, 3, 3), weight('v', 27, 27), weight('u', 3, 1, 4, 4)];
  const hidden = relu(conv(x, w, window));
  const dense = matMul(reshape(hidden, [2, 27]), v);
  const image = convTranspose(reshape(dense, [2, 3, 3, 3]), u, window, [0, 0]);
  const loss = sumAll(square(image));
  const slopes = gradients(loss, [w, v, u]);
  const outputs: Record<string, Value> = { loss, image, dw: slopes[0], dv: slopes[1], du: slopes[2] };
  return buildGraph('network', outputs, [x, w, v, u]);
}

const casts = ({ nodes }: OnnxModel, to: 'float16' | 'float32') =>
  nodes.filter(({ op, attributes }) => op === 'Cast' && attributes.to === elementTypes[to]);

const products = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']);

describe.each([exportTarget, cudaTarget])('products in float16 for the target $name', (target) => {
  const graph = network();
  const model = lower(graph, float16Products(target), { batch: 2 });
  const precise = lower(graph, target, { batch: 2 });

  it('read halves only, and give float32 to all the rest', () => {
    const halves = new Set(casts(model, 'float16').flatMap(({ outputs }) => outputs));
    const wide = new Set(casts(model, 'float32').flatMap(({ inputs }) => inputs));
    const made = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
    // What lies between a cast to float16 and the cast back: a product, and what arranges its operands.
    const inHalves = (name: string): boolean => {
      if (halves.has(name)) return true;
      const node = made.get(name);
      return node !== undefined && node.op !== 'Cast' && node.inputs.some(inHalves);
    };
    for (const node of model.nodes.filter(({ op }) => products.has(op)))
      expect(node.inputs.every(inHalves), node.op).toBe(true);
    for (const name of wide) expect(inHalves(name)).toBe(true);
    for (const { op } of model.nodes.filter(({ outputs }) => inHalves(outputs[0])))
      expect(['Cast', 'Transpose', 'Pad', 'Slice', 'Concat', 'Reshape', ...products]).toContain(op);
  });

  it('are as many as without', () => {
    const count = (of: OnnxModel) => of.nodes.filter(({ op }) => products.has(op)).length;
    expect(count(model)).toBe(count(precise));
    // 3 forward; 3 for weights; 2 for what the second and the third layer read
    expect(casts(model, 'float32')).toHaveLength(8);
  });

  it('cast a number once for all that read it', () => {
    const cast = casts(model, 'float16').map(({ inputs }) => inputs[0]);
    expect(new Set(cast).size).toBe(cast.length);
    // Both passes read v and u, the forward pass alone reads w.
    for (const name of ['x', 'w', 'v', 'u']) expect(cast.filter((one) => one === name)).toEqual([name]);
  });

  it('differ from the reference by the digits of float16', async () => {
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }) => {
        const count = (shape as number[]).reduce((size, dim) => size * dim, 1);
        const data = uniform({ seed: 2, stream: name }, count).map((u) => (u - 0.5) / 2);
        return [name, { data: Float32Array.from(data), shape: shape as number[] }];
      }),
    );
    const rounded = lower(graph, float16Products(keepHalves(target)), { batch: 2 });
    const [found] = await runOnnx(writeOnnx(rounded), feeds);
    const arrays = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
    const expected = evaluate(graph, arrays, 2);
    for (const name of graph.outputs.keys()) {
      const difference = relativeDifference(found[name], expected[name]);
      // A half has 11 digits, so that one rounding is 2⁻¹² at most; there are a dozen on the way to a gradient.
      expect(difference, name).toBeLessThan(12 * 2 ** -12);
      expect(difference, name).toBeGreaterThan(1e-6);
    }
  });
});

describe('the target for a precision', () => {
  const sum = buildGraph('sum', { y: add(input('x', 'data', ['N', 2], ''), 1) });

  it('is the same one for float32', () => {
    expect(inPrecision(cudaTarget, {})).toBe(cudaTarget);
    expect(inPrecision(cudaTarget, { precision: 'float16' }).name).toBe('cuda-float16');
  });

  it('changes nothing where there is no product', () => {
    expect(lower(sum, float16Products(cudaTarget))).toEqual(lower(sum, cudaTarget));
  });
});
