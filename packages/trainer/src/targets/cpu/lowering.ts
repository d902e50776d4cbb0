import type { Node, Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import type { AttributesOf, Emitter } from '../lower.js';
import type { BiasedProducts } from './biases.js';
import type { Columns } from './convolutions/columns.js';
import type { Pair } from './convolutions/pairs.js';
import type { DotProducts } from './dots.js';
import type { Holdings } from './holdings.js';
import type { Holding } from './layout.js';
import type { SoftplusSums } from './softplus-sums.js';
import type { WeightOrders } from './weight-orders.js';

/** Everything that the rows of one graph share. */
export interface Lowering {
  readonly emit: Emitter;
  readonly holdings: Holdings;
  readonly threads: number;
  readonly biases: BiasedProducts;
  readonly dots: DotProducts;
  readonly sums: SoftplusSums;
  readonly weights: WeightOrders;
  readonly pairs: ReadonlyMap<Node, Pair>;
  /** What was computed together with an earlier row. */
  readonly computed: Map<Node, Holding>;
  /** Windows that were gathered already: by the maps they were read from, and how. */
  readonly columns: Map<Value, Map<string, Columns>>;
}

/** Writes one operator as ONNX nodes and tells in which layout the result is. */
export type CpuRow<Name extends OpName = OpName> = (
  lowering: Lowering,
  node: Node<AttributesOf<Name>>,
) => Holding;
