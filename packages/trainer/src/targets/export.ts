import type { OpName } from '../ops/index.js';
import type { Emitter, Row, Target } from './lower.js';

/** The largest finite float32, (2 − 2⁻²³) · 2¹²⁷. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** An operator that ONNX has under the same name, without attributes. */
const same: Row = (emit, node, inputs) => emit.node(node.op.name, inputs);

const withAlpha: Row<'LeakyRelu' | 'Elu'> = (emit, node, inputs) =>
  emit.node(node.op.name, inputs, { alpha: { float: node.attributes.alpha } });

const slice = (
  emit: Emitter,
  x: string,
  axes: number[],
  starts: number[],
  ends: number[],
  steps: number[],
): string => emit.node('Slice', [x, emit.ints(starts), emit.ints(ends), emit.ints(axes), emit.ints(steps)]);

/** `before` and `after` zeros on each of `axes`, of an array of `rank` axes. */
function padZeros(
  emit: Emitter,
  x: string,
  rank: number,
  axes: number[],
  before: number[],
  after: number[],
): string {
  if ([...before, ...after].every((count) => count === 0)) return x;
  const spread = (counts: number[]) =>
    Array.from({ length: rank }, (_, axis) => counts[axes.indexOf(axis)] ?? 0);
  return emit.node('Pad', [x, emit.ints([...spread(before), ...spread(after)])]);
}

/**
 * Weight gradient of a convolution as one matrix product: the windows of x become columns (im2col), one slice per
 * kernel element. Samples are the innermost axis, so that a slice with a stride copies whole runs of numbers.
 */
const convWeightGrad: Row<'ConvWeightGrad'> = (emit, node, [x, g]) => {
  const { kernel, strides, pads } = node.attributes;
  const [channels, height, width] = node.inputs[0].shape.slice(1) as number[];
  const [filters, ...size] = node.inputs[1].shape.slice(1) as number[];
  const axes = [1, 2];
  const samplesLast = { perm: [1, 2, 3, 0] };
  const padded = padZeros(
    emit,
    emit.node('Transpose', [x], samplesLast),
    4,
    axes,
    [pads[0], pads[1]],
    [pads[2], pads[3]],
  );
  const reach = [height + pads[0] + pads[2], width + pads[1] + pads[3]];
  const taps: string[] = [];
  for (let row = 0; row < kernel[0]; row++)
    for (let column = 0; column < kernel[1]; column++) {
      const starts = [row, column];
      const ends = starts.map((start, i) => Math.min(start + (size[i] - 1) * strides[i] + 1, reach[i]));
      taps.push(slice(emit, padded, axes, starts, ends, [...strides]));
    }
  const windows = taps.length === 1 ? taps[0] : emit.node('Concat', taps, { axis: 0 });
  const columns = emit.node('Reshape', [windows, emit.ints([kernel[0] * kernel[1] * channels, -1])]);
  const rows = emit.node('Reshape', [emit.node('Transpose', [g], samplesLast), emit.ints([filters, -1])]);
  const product = emit.node('Gemm', [columns, rows], { transB: 1 });
  const split = emit.node('Reshape', [product, emit.ints([kernel[0], kernel[1], channels, filters])]);
  return emit.node('Transpose', [split], { perm: [3, 2, 0, 1] });
};

/** By a comparison, which is false for NaN: IsNaN and IsInf are missing on WebGPU. */
const ifFinite: Row<'IfFinite'> = (emit, _, [test, a, b]) => {
  const size = emit.once('Abs', [test]);
  return emit.node('Where', [emit.once('LessOrEqual', [size, emit.float(LARGEST)]), a, b]);
};

/** In steps: runtimes differ in whether their ReduceLogSumExp takes the largest off first. */
const logSumExp: Row<'LogSumExp'> = (emit, { attributes: { axis } }, [x]) => {
  const largest = emit.node('ReduceMax', [x], { axes: [axis] });
  const shares = emit.node('Exp', [emit.node('Sub', [x, largest])]);
  const total = emit.node('ReduceSum', [shares, emit.ints([axis])], { keepdims: 1 });
  const kept = emit.node('Add', [emit.node('Log', [total]), largest]);
  return emit.node('Squeeze', [kept, emit.ints([axis])]);
};

const rows: { readonly [Name in OpName]: Row<Name> } = {
  Add: same,
  Sub: same,
  Neg: same,
  Mul: same,
  Div: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Tanh: same,
  Sigmoid: same,
  Softplus: same,
  Erf: same,
  Relu: same,
  Abs: same,
  Max: same,
  Min: same,
  LeakyRelu: withAlpha,
  Elu: withAlpha,
  // One operator that every runtime has and that is 0 at 0: a ramp of slope 3e38, clipped to 0..1.
  Step: (emit, _, inputs) => emit.node('HardSigmoid', inputs, { alpha: { float: 3e38 }, beta: { float: 0 } }),
  IfFinite: ifFinite,
  Reshape: (emit, node, [x]) => emit.node('Reshape', [x, emit.reshapeTo(node.shape)]),
  Transpose: (emit, node, inputs) => emit.node('Transpose', inputs, { perm: node.attributes.perm }),
  Expand: (emit, node, [x]) => emit.node('Expand', [x, emit.fullShape(node.shape)]),
  Slice: (emit, { attributes: { axis, start, end } }, [x]) => slice(emit, x, [axis], [start], [end], [1]),
  Pad: (emit, { shape, attributes: { axis, before, after } }, [x]) =>
    padZeros(emit, x, shape.length, [axis], [before], [after]),
  Concat: (emit, node, inputs) => emit.node('Concat', inputs, { axis: node.attributes.axis }),
  ReduceSum: (emit, { attributes: { axes, keepDims } }, [x]) =>
    emit.node('ReduceSum', [x, emit.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
  LogSumExp: logSumExp,
  // Gemm takes transposed operands; MatMul is what optimisers recognise before an Add.
  MatMul: (emit, { attributes: { transA, transB } }, inputs) =>
    transA || transB
      ? emit.node('Gemm', inputs, { transA: transA ? 1 : 0, transB: transB ? 1 : 0 })
      : emit.node('MatMul', inputs),
  Conv: (emit, { attributes: { strides, pads } }, inputs) => emit.node('Conv', inputs, { strides, pads }),
  ConvTranspose: (emit, { attributes: { strides, pads, outputPadding } }, inputs) =>
    emit.node('ConvTranspose', inputs, { strides, pads, output_padding: outputPadding }),
  ConvWeightGrad: convWeightGrad,
};

/**
 * Clean standard ONNX, one node an operator where it can be: what is shipped, opened in viewers and run by other
 * people's runtimes. Only operators that the CPU, CUDA and WebGPU providers all have.
 */
export const exportTarget: Target = { name: 'export', rows };
