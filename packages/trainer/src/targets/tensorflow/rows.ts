import type { Node, Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import type { Row as OnnxRow } from '../lower.js';
import { conv, convTranspose, convWeightGrad } from './conv.js';
import { type Attributes, type Emitter, FLOAT, INT } from './emitter.js';
import type { Forms, Order } from './forms.js';

/** Where a graph is being written. */
export interface Context {
  readonly emit: Emitter;
  readonly forms: Forms;
}

/** The node that has a result, and the order of its axes where that is not the value's own. */
export interface Stored {
  readonly name: string;
  readonly order?: Order;
}

export type NodeOf<Name extends OpName> = Parameters<OnnxRow<Name>>[1];
export type Row<Name extends OpName = OpName> = (context: Context, node: NodeOf<Name>) => Stored;

const T = { T: FLOAT };

/** An operator on each number by itself, in whatever order the operand's axes are. */
const unaryWith =
  <Name extends OpName>(write: (emit: Emitter, x: string, node: NodeOf<Name>) => string): Row<Name> =>
  ({ emit, forms }, node) => {
    const [x] = (node as Node).inputs;
    const order = forms.home(x);
    return { name: write(emit, forms.as(x, order), node), order };
  };

const unary = (op: string): Row => unaryWith((emit, x) => emit.node(op, [x]));

const binary =
  (op: string): Row =>
  ({ emit, forms }, { inputs, shape }) => {
    const order = forms.common(inputs, shape.length);
    const operands = inputs.map((value) => forms.operand(value, order));
    return { name: emit.node(op, operands), order };
  };

/** An operator whose operands have their axes as they are by default. */
const plain =
  <Name extends OpName>(
    op: string,
    settings: (node: NodeOf<Name>, emit: Emitter) => { more?: string[]; attributes?: Attributes },
  ): Row<Name> =>
  ({ emit, forms }, node) => {
    const inputs = (node as Node).inputs.map((value: Value) => forms.as(value));
    const { more = [], attributes = {} } = settings(node, emit);
    return { name: emit.node(op, [...inputs, ...more], { ...T, ...attributes }) };
  };

/** `value` at `axis`, `others` elsewhere. */
const spread = (rank: number, axis: number, value: number, others: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? value : others));

const concat = plain<'Concat'>('ConcatV2', ({ inputs, attributes: { axis } }, emit) => ({
  more: [emit.ints([axis], [])],
  attributes: { N: { i: inputs.length }, Tidx: INT },
}));

const ifFinite: Row<'IfFinite'> = ({ emit, forms }, { inputs, shape }) => {
  const order = forms.common(inputs, shape.length);
  const [test, a, b] = inputs.map((value) => forms.operand(value, order));
  return { name: emit.node('SelectV2', [emit.node('IsFinite', [test]), a, b]), order };
};

/** A sum that keeps its axes leaves them in the order that they are in; of another, the order of what is left is asked for. */
const reduceSum: Row<'ReduceSum'> = ({ emit, forms }, { inputs: [x], attributes: { axes, keepDims } }) => {
  const order = keepDims ? forms.home(x) : x.shape.map((_, axis) => axis);
  const places = emit.ints(axes.map((axis) => order.indexOf(axis)));
  const attributes = { ...T, Tidx: INT, keep_dims: { b: keepDims } };
  const name = emit.node('Sum', [forms.as(x, order), places], attributes);
  return keepDims ? { name, order } : { name };
};

const logSumExp: Row<'LogSumExp'> = ({ emit, forms }, { inputs: [x], attributes: { axis } }) => {
  const [whole, places] = [forms.as(x), emit.ints([axis])];
  const along = (op: string, value: string) =>
    emit.node(op, [value, places], { ...T, Tidx: INT, keep_dims: { b: true } });
  const largest = along('Max', whole);
  const total = along('Sum', emit.node('Exp', [emit.node('Sub', [whole, largest])]));
  const kept = emit.node('AddV2', [emit.node('Log', [total]), largest]);
  return { name: emit.node('Squeeze', [kept], { ...T, squeeze_dims: { list: [axis] } }) };
};

export const rows: { readonly [Name in OpName]: Row<Name> } = {
  Add: binary('AddV2'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('RealDiv'),
  Max: binary('Maximum'),
  Min: binary('Minimum'),
  Neg: unary('Neg'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Sigmoid: unary('Sigmoid'),
  Softplus: unary('Softplus'),
  Erf: unary('Erf'),
  Relu: unary('Relu'),
  Abs: unary('Abs'),
  Step: unaryWith((emit, x) => {
    const positive = emit.node('Greater', [x, emit.float(0)]);
    return emit.node('Cast', [positive], { SrcT: { type: 'DT_BOOL' }, DstT: FLOAT, Truncate: { b: false } });
  }),
  LeakyRelu: unaryWith((emit, x, { attributes: { alpha } }) =>
    emit.node('LeakyRelu', [x], { ...T, alpha: { f: alpha } }),
  ),
  // TensorFlow's has no alpha: max(x, 0) + alpha · elu(min(x, 0))
  Elu: unaryWith((emit, x, { attributes: { alpha } }) => {
    if (alpha === 1) return emit.node('Elu', [x]);
    const below = emit.node('Elu', [emit.node('Minimum', [x, emit.float(0)])]);
    return emit.node('AddV2', [emit.node('Relu', [x]), emit.node('Mul', [below, emit.float(alpha)])]);
  }),
  IfFinite: ifFinite,
  Reshape: plain('Reshape', ({ shape }, emit) => ({
    more: [emit.reshapeTo(shape)],
    attributes: { Tshape: INT },
  })),
  // The operand in the wanted order is the result in its own.
  Transpose: ({ forms }, { inputs: [x], attributes: { perm } }) => ({ name: forms.as(x, perm) }),
  Expand: plain('BroadcastTo', ({ shape }, emit) => ({
    more: [emit.sizes(shape)],
    attributes: { Tidx: INT },
  })),
  Slice: plain('Slice', ({ shape, attributes: { axis, start, end } }, emit) => ({
    more: [
      emit.ints(spread(shape.length, axis, start, 0)),
      emit.ints(spread(shape.length, axis, end - start, -1)),
    ],
    attributes: { Index: INT },
  })),
  Pad: plain('Pad', ({ shape, attributes: { axis, before, after } }, emit) => ({
    more: [
      emit.ints(
        shape.flatMap((_, i) => (i === axis ? [before, after] : [0, 0])),
        [shape.length, 2],
      ),
    ],
    attributes: { Tpaddings: INT },
  })),
  // TensorFlow's wants two or more.
  Concat: (context, node) =>
    node.inputs.length === 1 ? { name: context.forms.as(node.inputs[0]) } : concat(context, node),
  ReduceSum: reduceSum,
  LogSumExp: logSumExp,
  MatMul: plain('MatMul', ({ attributes: { transA, transB } }) => ({
    attributes: { transpose_a: { b: transA }, transpose_b: { b: transB } },
  })),
  Conv: conv,
  ConvTranspose: convTranspose,
  ConvWeightGrad: convWeightGrad,
};
