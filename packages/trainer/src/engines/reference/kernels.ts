import { resolveShape, type Shape, sizeOf } from '../../graph/shape.js';
import type { Node, Op } from '../../graph/value.js';
import type { Window } from '../../ops/conv.js';
import type { OpName, ops } from '../../ops/index.js';

export interface Array64 {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

type AttributesOf<Name extends OpName> = (typeof ops)[Name] extends Op<string, infer A> ? A : never;
type Kernel<Name extends OpName = OpName> = (
  inputs: readonly Array64[],
  node: Node<AttributesOf<Name>>,
  shape: readonly number[],
) => Float64Array;

/** Distance between neighbours along each axis; 0 along a repeated axis of extent 1. */
function stridesFor(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[rank - shape.length + axis] = shape[axis] === 1 ? 0 : step;
    step *= shape[axis];
  }
  return strides;
}

/** Calls `visit(flat index, coordinates)` over an array in row-major order. */
function forEach(shape: readonly number[], visit: (flat: number, at: readonly number[]) => void): void {
  const at = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    visit(flat, at);
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
  }
}

const dot = (a: readonly number[], b: readonly number[]): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Every output element is a copy of the input element at `source(coordinates)`, or 0 where that is −1. */
const rearrange = (
  x: Array64,
  shape: readonly number[],
  source: (at: readonly number[]) => number,
): Float64Array => {
  const out = new Float64Array(sizeOf(shape));
  forEach(shape, (flat, at) => {
    const from = source(at);
    out[flat] = from < 0 ? 0 : x.data[from];
  });
  return out;
};

const ifFinite: Kernel<'IfFinite'> = ([test, a, b], _, shape) => {
  const steps = [test, a, b].map((operand) => stridesFor(operand.shape, shape.length));
  const out = new Float64Array(sizeOf(shape));
  forEach(shape, (flat, at) => {
    const [t, first, second] = steps.map((step) => dot(at, step));
    out[flat] = Number.isFinite(test.data[t]) ? a.data[first] : b.data[second];
  });
  return out;
};

const unary =
  (f: (x: number) => number): Kernel =>
  ([x]) =>
    x.data.map(f);

const binary =
  (f: (a: number, b: number) => number): Kernel =>
  ([a, b], _, shape) => {
    const [aSteps, bSteps] = [stridesFor(a.shape, shape.length), stridesFor(b.shape, shape.length)];
    const out = new Float64Array(sizeOf(shape));
    forEach(shape, (flat, at) => {
      out[flat] = f(a.data[dot(at, aSteps)], b.data[dot(at, bSteps)]);
    });
    return out;
  };

/**
 * Visits every product x·w·g of a convolution with the flat index of each factor: the one loop behind the
 * convolution, its transpose and its weight gradient.
 */
function forEachTap(
  [samples, channels, height, width]: readonly number[],
  [filters, , kernelHeight, kernelWidth]: readonly number[],
  [outHeight, outWidth]: readonly number[],
  { strides, pads }: Window,
  visit: (x: number, w: number, g: number) => void,
): void {
  forEach([samples, filters, outHeight, outWidth], (g, [n, m, i, j]) => {
    for (let c = 0; c < channels; c++)
      for (let a = 0; a < kernelHeight; a++)
        for (let b = 0; b < kernelWidth; b++) {
          const [row, column] = [i * strides[0] + a - pads[0], j * strides[1] + b - pads[1]];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const x = ((n * channels + c) * height + row) * width + column;
          visit(x, ((m * channels + c) * kernelHeight + a) * kernelWidth + b, g);
        }
  });
}

const conv: Kernel<'Conv'> = ([x, w], { attributes }, shape) => {
  const out = new Float64Array(sizeOf(shape));
  forEachTap(x.shape, w.shape, shape.slice(2), attributes, (xi, wi, gi) => {
    out[gi] += x.data[xi] * w.data[wi];
  });
  return out;
};

const convTranspose: Kernel<'ConvTranspose'> = ([g, w], { attributes }, shape) => {
  const out = new Float64Array(sizeOf(shape));
  forEachTap(shape, w.shape, g.shape.slice(2), attributes, (xi, wi, gi) => {
    out[xi] += g.data[gi] * w.data[wi];
  });
  return out;
};

const convWeightGrad: Kernel<'ConvWeightGrad'> = ([x, g], { attributes }, shape) => {
  const out = new Float64Array(sizeOf(shape));
  forEachTap(x.shape, shape, g.shape.slice(2), attributes, (xi, wi, gi) => {
    out[wi] += x.data[xi] * g.data[gi];
  });
  return out;
};

const matMul: Kernel<'MatMul'> = ([a, b], { attributes: { transA, transB } }, [rows, columns]) => {
  const inner = a.shape[transA ? 0 : 1];
  const [aRow, aInner] = transA ? [1, rows] : [inner, 1];
  const [bInner, bColumn] = transB ? [1, inner] : [columns, 1];
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const left = a.data[i * aRow + k * aInner];
      for (let j = 0; j < columns; j++) out[i * columns + j] += left * b.data[k * bInner + j * bColumn];
    }
  return out;
};

const reduceSum: Kernel<'ReduceSum'> = ([x], { attributes: { axes } }, shape) => {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const steps = stridesFor(kept, kept.length);
  const out = new Float64Array(sizeOf(shape));
  forEach(x.shape, (flat, at) => {
    out[dot(at, steps)] += x.data[flat];
  });
  return out;
};

const logSumExp: Kernel<'LogSumExp'> = ([x], { attributes: { axis } }, shape) => {
  const kept = x.shape.map((dim, i) => (i === axis ? 1 : dim));
  const steps = stridesFor(kept, kept.length);
  const largest = new Float64Array(sizeOf(shape)).fill(Number.NEGATIVE_INFINITY);
  forEach(x.shape, (flat, at) => {
    largest[dot(at, steps)] = Math.max(largest[dot(at, steps)], x.data[flat]);
  });
  const sums = new Float64Array(largest.length);
  forEach(x.shape, (flat, at) => {
    sums[dot(at, steps)] += Math.exp(x.data[flat] - largest[dot(at, steps)]);
  });
  return sums.map((sum, i) => largest[i] + Math.log(sum));
};

const concat: Kernel<'Concat'> = (inputs, { attributes: { axis } }, shape) => {
  const out = new Float64Array(sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  let start = 0;
  for (const { data, shape: part } of inputs) {
    const run = part[axis] * inner;
    for (let block = 0; block < data.length / run; block++)
      out.set(data.subarray(block * run, (block + 1) * run), block * shape[axis] * inner + start);
    start += run;
  }
  return out;
};

/** One element moved by `offset` along `axis`; nothing where that leaves the array. */
function shifted(x: Array64, shape: readonly number[], axis: number, offset: number): Float64Array {
  const steps = stridesFor(x.shape, x.shape.length);
  return rearrange(x, shape, (at) => {
    const position = at[axis] + offset;
    if (position < 0 || position >= x.shape[axis]) return -1;
    return dot(at, steps) + offset * (x.shape[axis] === 1 ? 0 : steps[axis]);
  });
}

/** erf by its Maclaurin series and, in the tail, the continued fraction of erfc (Abramowitz & Stegun 7.1.5, 7.1.14). */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size > 2.5) {
    let fraction = 0;
    for (let k = 80; k > 0; k--) fraction = k / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
  }
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

const kernels: { readonly [Name in OpName]: Kernel<Name> } = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Max: binary(Math.max),
  Min: binary(Math.min),
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Tanh: unary(Math.tanh),
  Sigmoid: unary(sigmoid),
  Softplus: unary(softplus),
  Erf: unary(erf),
  Step: unary((x) => (x > 0 ? 1 : 0)),
  Relu: unary((x) => Math.max(x, 0)),
  Abs: unary(Math.abs),
  LeakyRelu: ([x], { attributes: { alpha } }) => x.data.map((v) => (v > 0 ? v : alpha * v)),
  Elu: ([x], { attributes: { alpha } }) => x.data.map((v) => (v > 0 ? v : alpha * Math.expm1(v))),
  IfFinite: ifFinite,
  Reshape: ([x]) => x.data,
  Transpose: ([x], { attributes: { perm } }, shape) => {
    const steps = stridesFor(x.shape, x.shape.length);
    const moved = perm.map((axis) => steps[axis]);
    return rearrange(x, shape, (at) => dot(at, moved));
  },
  Expand: ([x], _, shape) => {
    const steps = stridesFor(x.shape, shape.length);
    return rearrange(x, shape, (at) => dot(at, steps));
  },
  Slice: ([x], { attributes: { axis, start } }, shape) => shifted(x, shape, axis, start),
  Pad: ([x], { attributes: { axis, before } }, shape) => shifted(x, shape, axis, -before),
  Concat: concat,
  ReduceSum: reduceSum,
  LogSumExp: logSumExp,
  MatMul: matMul,
  Conv: conv,
  ConvTranspose: convTranspose,
  ConvWeightGrad: convWeightGrad,
};

/** The result of one operator in float64. */
export function evaluateNode(node: Node, inputs: readonly Array64[], batch: number): Array64 {
  const shape = resolveShape(node.shape as Shape, batch);
  const kernel = kernels[node.op.name as OpName] as Kernel;
  return { data: kernel(inputs, node as never, shape), shape };
}
