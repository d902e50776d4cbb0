import type { Graph } from '../../graph/graph.js';
import { sameShape, sizeOf } from '../../graph/shape.js';
import type { Node, Value } from '../../graph/value.js';
import { hasSamples, usualOrder } from './layout.js';
import type { Lowering } from './lowering.js';
import { readerCounts } from './readers.js';

/** A softplus in a sum over all elements of each sample, and whether it is subtracted there. */
interface Summand {
  readonly softplus: Node;
  readonly subtracted: boolean;
}

/** Softplus nodes that nothing reads but a sum, by the node that sums. */
export interface SoftplusSums {
  readonly bySum: ReadonlyMap<Node, Summand>;
  readonly summands: ReadonlySet<Node>;
}

/** Factors from ½ to 1 that are multiplied at most: their product is an ordinary float32, which begin at 2⁻¹²⁶. */
const MOST_FACTORS = 100;
/** Enough to make logarithms few. The runtime multiplies one after the other, so that short products overlap. */
const ENOUGH_FACTORS = 24;

const softplusOf = (value: Value): Node | undefined =>
  value.kind === 'node' && value.op.name === 'Softplus' ? value : undefined;

/** The softplus that is summed, or that an addition before the sum reads. */
function summandOf(summed: Value, isReadOnce: (value: Value) => boolean): Summand | undefined {
  if (summed.kind !== 'node' || !isReadOnce(summed)) return undefined;
  const { name } = summed.op;
  if (name === 'Softplus') return { softplus: summed, subtracted: false };
  const terms = name === 'Add' || name === 'Sub' ? summed.inputs : [];
  const found = terms.findLast((term) => softplusOf(term) && isReadOnce(term));
  return found && { softplus: softplusOf(found)!, subtracted: name === 'Sub' && found === terms[1] };
}

/** Finds every softplus of samples whose elements are only added up. */
export function findSoftplusSums(graph: Graph): SoftplusSums {
  const readers = readerCounts(graph);
  const bySum = new Map<Node, Summand>();
  for (const node of graph.nodes) {
    const [summed] = node.inputs;
    if (node.op.name !== 'ReduceSum' || !hasSamples(summed.shape)) continue;
    const { axes } = node.attributes as { axes: readonly number[] };
    if (axes.includes(0) || axes.length !== summed.shape.length - 1) continue;
    const summand = summandOf(summed, (value) => readers.get(value) === 1);
    // One that broadcasting repeats would have to be counted as often.
    if (summand && sameShape(summand.softplus.shape, summed.shape)) bySum.set(node, summand);
  }
  return { bySum, summands: new Set([...bySum.values()].map(({ softplus }) => softplus)) };
}

/** How many of so many factors are multiplied: the fewest that are enough, or else the most that there can be. */
function factorsOf(count: number): number {
  const isDivisor = (factors: number) => count % factors === 0;
  for (let factors = ENOUGH_FACTORS; factors <= MOST_FACTORS; factors++)
    if (isDivisor(factors)) return factors;
  let factors = ENOUGH_FACTORS;
  while (!isDivisor(factors)) factors--;
  return factors;
}

/**
 * Σ log(1 + e^−|x|) over the elements of each sample, [1, N] with the sign turned. With s = σ(x) an element is
 * −log max(s, 1 − s), and the sum of the logarithms of some numbers is the logarithm of their product: of some dozens
 * of logarithms, which take as long as a matrix product here, one is left.
 */
function sumOfLogs({ emit, holdings }: Lowering, x: Value): string {
  const from = holdings.whole(x, usualOrder(x.shape));
  const samples = from.extents.at(-1)!;
  const count = sizeOf(from.extents) / samples;
  // The gradient of the softplus reads it too.
  const s = emit.once('Sigmoid', [from.name]);
  const larger = emit.node('Max', [s, emit.node('Sub', [emit.float(1), s])]);
  const factors = factorsOf(count);
  const dims = [count / factors, factors, samples];
  const grouped = holdings.view({ name: larger, dims: from.dims }, dims);
  const products = emit.node('ReduceProd', [grouped], { axes: [1], keepdims: 0 });
  return emit.node('ReduceSum', [emit.node('Log', [products]), emit.ints([0])], { keepdims: 0 });
}

/** True where the softplus is written as max(x, 0) and the sum adds the rest. */
export const isInSum = ({ sums, holdings }: Lowering, node: Node): boolean =>
  sums.summands.has(node) && !holdings.carriesSpare(node.inputs[0]);

/** What a sum over samples, [N], lacks of its softplus is added to it. */
export function withLogs(lowering: Lowering, sum: Node, name: string): string {
  const summand = lowering.sums.bySum.get(sum);
  if (!summand || !isInSum(lowering, summand.softplus)) return name;
  const logs = sumOfLogs(lowering, summand.softplus.inputs[0]);
  return lowering.emit.node(summand.subtracted ? 'Add' : 'Sub', [name, logs]);
}
