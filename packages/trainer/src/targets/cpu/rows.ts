import type { Node } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import { exportTarget } from '../export.js';
import type { Row } from '../lower.js';
import { conv, convWeightGrad } from './convolutions/conv.js';
import { addRow, elementwiseRows } from './elementwise.js';
import { hasSamples, plainOrder } from './layout.js';
import { dot, matMul } from './linalg.js';
import type { CpuRow } from './lowering.js';
import { shapeRows } from './shapes.js';

/** The export target's row, on arrays as the graph has them. */
const plain: CpuRow = ({ holdings, emit }, node) => {
  const names = node.inputs.map((value) => holdings.viewed(value, plainOrder(value.shape.length)));
  const extents = holdings.resolve(node.shape);
  const name = (exportTarget.rows[node.op.name as OpName] as Row)(emit, node, names);
  return { name, dims: extents, order: plainOrder(extents.length), extents, spare: 'none' };
};

/** A row for images of samples; others, which no model has, are left as they are. */
const ofSamples =
  <Name extends OpName>(row: CpuRow<Name>): CpuRow<Name> =>
  (lowering, node) =>
    node.inputs.some(({ shape }) => hasSamples(shape))
      ? row(lowering, node)
      : (plain as CpuRow<Name>)(lowering, node);

/** A product with its bias in one node, or an ordinary sum. */
const add: CpuRow = (lowering, node) => {
  const biased = lowering.biases.byAdd.get(node);
  if (!biased) return addRow(lowering, node);
  const { product, bias } = biased;
  return product.op.name === 'MatMul'
    ? matMul(lowering, product as Node<never>, bias)
    : conv(lowering, product, bias);
};

const reduceSum: CpuRow<'ReduceSum'> = (lowering, node) => {
  const product = lowering.dots.bySum.get(node as Node);
  return product ? dot(lowering, node as Node, product) : shapeRows.ReduceSum(lowering, node);
};

/** A row for each operator; the compiler names a missing one. */
export const cpuRows: { readonly [Name in OpName]: CpuRow<Name> } = {
  ...elementwiseRows,
  ...shapeRows,
  Add: add,
  ReduceSum: reduceSum,
  // Of few numbers: one for each draw, or for two samples.
  LogSumExp: plain,
  // Chooses between states, which are no maps of samples.
  IfFinite: plain,
  MatMul: matMul,
  Conv: ofSamples<'Conv'>(conv as CpuRow),
  ConvTranspose: ofSamples<'ConvTranspose'>(conv as CpuRow),
  ConvWeightGrad: ofSamples<'ConvWeightGrad'>(convWeightGrad as CpuRow),
};
