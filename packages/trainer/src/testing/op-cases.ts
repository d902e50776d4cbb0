import { uniform } from '@vae/sdk/random';
import { type Dim, resolveShape, type Shape, sizeOf } from '../graph/shape.js';
import { apply, type Input, input, type Value } from '../graph/value.js';
import {
  abs,
  add,
  concat,
  conv,
  convSize,
  convTranspose,
  convWeightGrad,
  div,
  elu,
  erf,
  exp,
  expand,
  ifFinite,
  leakyRelu,
  log,
  logSumExp,
  matMul,
  max,
  min,
  mul,
  neg,
  type OpName,
  ops,
  pad,
  reduceSum,
  relu,
  reshape,
  sigmoid,
  slice,
  softplus,
  sqrt,
  step,
  sub,
  sumAll,
  sumPerSample,
  tanh,
  transpose,
  type Window,
} from '../ops/index.js';

/** From a uniform number in (0, 1) to a sample of an input. */
type Draw = (uniform: number) => number;

/** One use of an operator, for every test that goes over all of them: gradients, targets, engines. */
export interface OpCase {
  readonly op: OpName;
  readonly title: string;
  readonly shapes: readonly Shape[];
  readonly of: (...inputs: Value[]) => Value;
  /** How each input is drawn, away from kinks and poles. */
  readonly draws: readonly Draw[];
}

const between =
  (low: number, high: number): Draw =>
  (u) =>
    low + (high - low) * u;

/** ±0.3 to ±2 */
const awayFromZero: Draw = (u) => (u < 0.5 ? between(-2, -0.3)(2 * u) : between(0.3, 2)(2 * u - 1));

/** Whole numbers plus 0 to 0.2, so that the same shifted by a half stays 0.3 away. */
const nearWhole: Draw = (u) => Math.floor(6 * u) - 3 + 0.2 * (6 * u - Math.floor(6 * u));
const nearHalf: Draw = (u) => nearWhole(u) + 0.5;

const anywhere = between(-2, 2);

function row(
  op: OpName,
  shapes: readonly Shape[],
  of: OpCase['of'],
  { note = '', draws = [] as readonly Draw[] } = {},
): OpCase {
  const title = `${op} ${shapes.map((shape) => `[${shape}]`).join(' ')} ${note}`.trim();
  return { op, title, shapes, of, draws: shapes.map((_, i) => draws[i] ?? anywhere) };
}

/** 'N,3' is [N, 3], '' is []. */
const shapeOf = (text: string): Shape =>
  text === '' ? [] : text.split(',').map((dim) => (dim.endsWith('N') ? (dim as Dim) : Number(dim)));

const shapesOf = (text: string): Shape[] => text.split(' ').map((part) => shapeOf(part.slice(1, -1)));

const unaryShapes = shapesOf('[] [N,3] [3N] [2,1,3] [N,2,3,2]');
const unaries = (op: OpName, of: (x: Value) => Value, draw = anywhere): OpCase[] =>
  unaryShapes.map((shape) => row(op, [shape], of, { draws: [draw] }));

const binaryShapes = [
  '[] []',
  '[N,3] [N,3]',
  '[N,3] [3]',
  '[3] [N,3]',
  '[N,3] [1,3]',
  '[N,1] [1,4]',
  '[2,1,3] [4,1]',
  '[] [N,2]',
  '[N,2] []',
  '[1] [N,1,2]',
  '[1,1] []',
  '[2,3] [1,2,3]',
  '[3N,2] [2]',
  '[N,2,3,2] [2,1,1]',
  '[N,1,2] [1,N,2]',
].map(shapesOf);
const binaries = (op: OpName, of: (a: Value, b: Value) => Value, draws: Draw[] = []): OpCase[] =>
  binaryShapes.map((shapes) => row(op, shapes, of, { draws }));

const changes = (
  op: OpName,
  change: (x: Value, shape: Shape) => Value,
  fromTo: readonly string[],
): OpCase[] =>
  fromTo.map(shapesOf).map(([from, to]) => row(op, [from], (x) => change(x, to), { note: `to [${to}]` }));

const sums = (shape: string, ...axes: number[]): OpCase[] =>
  [false, true].map((keepDims) =>
    row('ReduceSum', shapesOf(shape), (x) => reduceSum(x, axes, keepDims), {
      note: `over [${axes}]${keepDims ? ', kept' : ''}`,
    }),
  );

const logSums = (shape: string, ...axes: number[]): OpCase[] =>
  axes.map((axis) => row('LogSumExp', shapesOf(shape), (x) => logSumExp(x, axis), { note: `over ${axis}` }));

const product = (shapes: string, transA = false, transB = false): OpCase =>
  row('MatMul', shapesOf(shapes), (a, b) => matMul(a, b, { transA, transB }), {
    note: `${transA ? 'Aᵀ' : 'A'}·${transB ? 'Bᵀ' : 'B'}`,
  });

/** '23 55' is [[2, 3], [5, 5]]. */
const listsOf = (text: string): number[][] => text.split(' ').map((part) => [...part].map(Number));
const pairsOf = (text: string) => listsOf(text) as [number, number][];

interface WindowCase {
  readonly window: Window;
  readonly kernel: [number, number];
  /** Height and width of the large side; the small side follows. */
  readonly large: [number, number];
  readonly small: [number, number];
  readonly outputPadding: [number, number];
}

/** Every stride with every kernel, while pads, sizes and output paddings take turns. */
function windowCases(): WindowCase[] {
  const kernels = pairsOf('11 22 33 55 23 51');
  const allPads = listsOf('0000 1111 0121 1002 2222 0011 2010');
  const [large, small] = [pairsOf('55 67 85'), pairsOf('33 43 35')];
  return pairsOf('11 22 33 12 32').flatMap((strides, s) =>
    kernels.map((kernel, k) => {
      const turn = s * kernels.length + k;
      // More padding than the kernel reaches is tried on its own below.
      const pads = allPads[turn % allPads.length].map((rows, i) => Math.min(rows, kernel[i % 2] - 1));
      return {
        window: { strides, pads: pads as unknown as Window['pads'] },
        kernel,
        large: large[turn % large.length],
        small: small[turn % small.length],
        outputPadding: [turn % strides[0], (turn + 1) % strides[1]],
      };
    }),
  );
}

/** Windows that end before the image does though nothing is cut off, along both axes or one. */
const windowsWithGaps: WindowCase[] = [
  {
    window: { strides: [3, 3], pads: [0, 0, 0, 0] },
    kernel: [2, 2],
    large: [6, 6],
    small: [2, 2],
    outputPadding: [1, 1],
  },
  {
    window: { strides: [2, 2], pads: [0, 0, 1, 0] },
    kernel: [3, 1],
    large: [8, 8],
    small: [4, 4],
    outputPadding: [0, 1],
  },
];

const windowNote = ({ strides, pads }: Window): string => `strides [${strides}] pads [${pads}]`;

type OneWay<Unused extends keyof WindowCase> = Omit<WindowCase, Unused>;

const convCase = ({ window, kernel, large }: OneWay<'small' | 'outputPadding'>): OpCase => {
  const [image, weight] = shapesOf(`[N,2,${large}] [3,2,${kernel}]`);
  return row('Conv', [image, weight], (x, w) => conv(x, w, window), { note: windowNote(window) });
};

const convTransposeCase = ({ window, kernel, small, outputPadding }: OneWay<'large'>): OpCase => {
  const [image, weight] = shapesOf(`[N,3,${small}] [3,2,${kernel}]`);
  const note = `${windowNote(window)} output padding [${outputPadding}]`;
  return row('ConvTranspose', [image, weight], (x, w) => convTranspose(x, w, window, outputPadding), {
    note,
  });
};

const convWeightGradCase = ({ window, kernel, large }: OneWay<'small' | 'outputPadding'>): OpCase => {
  const [image, result] = shapesOf(`[N,2,${large}] [N,3,${convSize(large, kernel, window)}]`);
  const note = `kernel [${kernel}] ${windowNote(window)}`;
  return row('ConvWeightGrad', [image, result], (x, g) => convWeightGrad(x, g, window, kernel), { note });
};

/** More zeros around than the kernel is wide, and a window as large as the image. */
const oddWindows: OneWay<'small' | 'outputPadding'>[] = [
  { window: { strides: [1, 1], pads: [1, 2, 1, 2] }, kernel: [1, 1], large: [4, 3] },
  { window: { strides: [2, 2], pads: [2, 2, 2, 2] }, kernel: [2, 2], large: [5, 4] },
  { window: { strides: [1, 1], pads: [0, 0, 0, 0] }, kernel: [4, 3], large: [4, 3] },
  { window: { strides: [2, 3], pads: [1, 1, 1, 1] }, kernel: [3, 3], large: [1, 1] },
];

const image = shapesOf('[N,2,3,4]');
const rows = shapesOf('[N,3]');

/** At least one row for every operator; a test of the registry fails where one is missing. */
export const opCases: readonly OpCase[] = [
  ...binaries('Add', add),
  ...binaries('Sub', sub),
  ...binaries('Mul', mul),
  ...binaries('Div', div, [anywhere, awayFromZero]),
  ...binaries('Max', max, [nearWhole, nearHalf]),
  ...binaries('Min', min, [nearWhole, nearHalf]),
  row('Add', rows, (x) => add(x, x), { note: 'with itself' }),
  row('Mul', rows, (x) => mul(x, x), { note: 'with itself' }),
  row('Div', rows, (x) => div(1, x), { note: 'of a number', draws: [awayFromZero] }),
  row('Max', rows, (x) => max(x, 0.5), { note: 'with a number', draws: [nearWhole] }),

  ...unaries('Neg', neg),
  ...unaries('Exp', exp),
  ...unaries('Log', log, between(0.3, 3)),
  ...unaries('Sqrt', sqrt, between(0.3, 3)),
  ...unaries('Tanh', tanh),
  ...unaries('Sigmoid', sigmoid),
  ...unaries('Softplus', softplus),
  ...unaries('Erf', erf),
  ...unaries('Step', step, awayFromZero),
  ...unaries('Relu', relu, awayFromZero),
  ...unaries('Abs', abs, awayFromZero),
  ...unaries('LeakyRelu', (x) => leakyRelu(x, 0.2), awayFromZero),
  ...unaries('Elu', (x) => elu(x, 0.7), awayFromZero),

  // The logarithm of what is below 0 is not a number.
  ...['[N,3] [N,3] [N,3]', '[] [N,3] [3]', '[N,1] [] [1,4]', '[N,2,3,2] [2,1,1] []'].map((shapes) =>
    row('IfFinite', shapesOf(shapes), (test, a, b) => ifFinite(log(test), a, b), { draws: [awayFromZero] }),
  ),
  row('IfFinite', shapesOf('[N,3]'), (x) => ifFinite(x, mul(x, x), 2), { note: 'of what it tests' }),

  ...changes('Reshape', reshape, [
    '[N,6] [N,2,3]',
    '[N,2,3] [N,6]',
    '[N,3,2] [3N,2]',
    '[3N,2] [N,6]',
    '[N,2] [2N]',
    '[N,N,2] [N,N,1,2]',
    '[N] [N,1,1]',
    '[2,3] [6]',
    '[6] [3,2]',
    '[1,1] []',
    '[] [1,1]',
  ]),
  row('Reshape', rows, (x) => apply(ops.Reshape, [x], { shape: x.shape }), { note: 'to itself' }),

  row('Transpose', rows, (x) => transpose(x, [1, 0])),
  row('Transpose', image, (x) => transpose(x, [0, 2, 3, 1]), { note: '0231' }),
  row('Transpose', image, (x) => transpose(x, [3, 0, 2, 1]), { note: '3021' }),
  row('Transpose', shapesOf('[2,1,3]'), (x) => transpose(x, [2, 0, 1])),
  row('Transpose', shapesOf('[3N]'), (x) => transpose(x, [0])),

  ...changes('Expand', expand, [
    '[] [N,3]',
    '[3] [N,3]',
    '[1,3] [N,3]',
    '[N,1] [N,4]',
    '[N,1,1] [N,2,3]',
    '[2,1] [4,2,3]',
    '[1] [3N]',
    '[] [N]',
    '[1,1] [N,N]',
  ]),

  row('Slice', rows, (x) => slice(x, { axis: 1, start: 0, end: 2 }), { note: 'first two' }),
  row('Slice', rows, (x) => slice(x, { axis: 1, start: 2, end: 3 }), { note: 'last' }),
  row('Slice', image, (x) => slice(x, { axis: 3, start: 1, end: 3 }), { note: 'middle' }),
  row('Slice', shapesOf('[4,2]'), (x) => slice(x, { axis: 0, start: 1, end: 3 })),
  row('Slice', rows, (x) => apply(ops.Slice, [x], { axis: 1, start: 0, end: 3 }), { note: 'of all' }),

  row('Pad', rows, (x) => pad(x, { axis: 1, before: 1, after: 2 }), { note: 'on both sides' }),
  row('Pad', image, (x) => pad(x, { axis: 2, before: 0, after: 2 }), { note: 'behind' }),
  row('Pad', shapesOf('[2,2]'), (x) => pad(x, { axis: 0, before: 3, after: 0 }), { note: 'in front' }),
  row('Pad', rows, (x) => apply(ops.Pad, [x], { axis: 1, before: 0, after: 0 }), { note: 'by nothing' }),

  row('Concat', shapesOf('[N,2] [N,3]'), (a, b) => concat([a, b], 1)),
  row('Concat', shapesOf('[N,1,2,3] [N,1,1,3] [N,1,3,3]'), (a, b, c) => concat([a, b, c], 2)),
  row('Concat', shapesOf('[2,3] [1,3]'), (a, b) => concat([a, b], 0)),
  row('Concat', rows, (x) => concat([x, x], 1), { note: 'with itself' }),
  row('Concat', rows, (x) => concat([x], 1), { note: 'of one' }),

  ...sums('[N,3]', 0),
  ...sums('[N,3]', 1),
  ...sums('[N,3]', 0, 1),
  ...sums('[N,2,3,2]', 0, 2, 3),
  ...sums('[N,2,3,2]', 1, 2, 3),
  ...sums('[3N]', 0),
  ...sums('[N,N,2]', 1),
  ...sums('[N,N,2]', 2),
  ...sums('[2,1,3]', 1),
  row('ReduceSum', image, sumPerSample, { note: 'per sample' }),
  row('ReduceSum', image, sumAll, { note: 'over all' }),

  ...logSums('[N,3]', 0, 1),
  ...logSums('[N,N,2]', 0, 1, 2),
  ...logSums('[N,2,3,2]', 2),
  row('LogSumExp', rows, (x) => logSumExp(add(x, 100), 1), { note: 'of large numbers' }),

  product('[N,3] [3,2]'),
  product('[N,3] [N,2]', true),
  product('[N,3] [2,3]', false, true),
  product('[3,N] [2,3]', true, true),
  product('[N,3] [N,3]', false, true),
  product('[1,1] [1,1]'),
  product('[4,1] [1,5]'),
  row('MatMul', rows, (x) => matMul(x, x, { transA: true }), { note: 'with itself' }),

  ...[...windowCases(), ...windowsWithGaps].flatMap((window) => [
    convCase(window),
    convTransposeCase(window),
    convWeightGradCase(window),
  ]),
  ...oddWindows.flatMap((window) => [convCase(window), convWeightGradCase(window)]),
];

/** The inputs of a case, named x0, x1, … */
export const caseInputs = ({ shapes }: OpCase): Input[] =>
  shapes.map((shape, i) => input(`x${i}`, 'data', shape, 'Sample of a test.'));

/** Numbers for every input of a case, each a float32. */
export function drawCase({ shapes, draws, title }: OpCase, batch: number): Float32Array[] {
  return shapes.map((shape, i) => {
    const count = sizeOf(resolveShape(shape, batch));
    return uniform({ seed: 7, stream: title, index: i }, count).map(draws[i]);
  });
}
