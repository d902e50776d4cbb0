import { sizeOf } from '../../graph/shape.js';
import type { Holdings } from './holdings.js';
import { type Holding, sameList } from './layout.js';

/** Operands of one elementwise operator as the file names them, and its result. */
interface Broadcast {
  readonly names: readonly string[];
  readonly extents: readonly number[];
  readonly dims: readonly number[];
}

/** Neighbouring axes of a result as one, and which operands have numbers of their own along it. */
interface Block {
  size: number;
  readonly has: readonly boolean[];
}

/** The fewest axes that tell the operands apart: [C, H, W, N] and [C, 1, 1, N] are [C, H·W, N] and [C, 1, N]. */
function blocksOf(operands: readonly Holding[], extents: readonly number[]): Block[] {
  const blocks: Block[] = [];
  extents.forEach((size, axis) => {
    if (size === 1) return;
    const has = operands.map((operand) => operand.extents[axis] !== 1);
    const last = blocks.at(-1);
    if (last?.has.every((own, i) => own === has[i])) last.size *= size;
    else blocks.push({ size, has });
  });
  return blocks;
}

/** The number of the block that each of these axes is a part of; none where one reaches over two. */
function placesOf(dims: readonly number[], blocks: readonly Block[]): number[] | undefined {
  let [block, size] = [0, 1];
  const places: number[] = [];
  for (const dim of dims) {
    if (dim !== 1 && size === blocks[block].size) [block, size] = [block + 1, 1];
    size *= dim;
    if (size > (blocks[block]?.size ?? 1)) return undefined;
    places.push(block);
  }
  return places;
}

const withoutLeadingOnes = (dims: readonly number[]): readonly number[] => {
  const first = dims.findIndex((dim) => dim !== 1);
  return first < 0 ? [] : dims.slice(first);
};

/**
 * Operands in extents that broadcast. A view is a node of the file, so there is one only where an operand lies in others:
 * axes of extent 1 in front need not be written, and the result lies as the first operand that has all its numbers,
 * which keeps it next to the product before it, so that the runtime computes them in one go.
 */
export function broadcast(holdings: Holdings, operands: readonly Holding[]): Broadcast {
  const extents = operands[0].extents.map((_, i) =>
    Math.max(...operands.map((operand) => operand.extents[i])),
  );
  const blocks = blocksOf(operands, extents);
  const whole = operands.find((operand) => sizeOf(operand.extents) === sizeOf(extents));
  const lying = whole && placesOf(whole.dims, blocks);
  const dims = lying ? whole.dims : blocks.map(({ size }) => size);
  const places = lying ?? [...blocks.keys()];
  const names = operands.map((operand, i) => {
    const own = dims.map((dim, axis) => (blocks[places[axis]]?.has[i] ? dim : 1));
    const wanted = withoutLeadingOnes(own);
    const fits = operand.dims.length <= dims.length && sameList(withoutLeadingOnes(operand.dims), wanted);
    return fits ? operand.name : holdings.view(operand, wanted);
  });
  return { names, extents, dims };
}
