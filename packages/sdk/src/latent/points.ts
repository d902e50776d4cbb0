import { VaeError } from '../errors.js';
import { type ArrayInput, rows, sameShape, show, type Tensor, toFloatTensor } from '../tensor.js';

/** Several latents of one shape: a list of them, or one array [P, ...latent]. */
export type Points = ArrayInput | readonly ArrayInput[];

/**
 * The latents one by one.
 *
 * @throws VaeError "bad-input" for what is no array, an array without rows, and latents whose shapes differ
 */
export function pointsOf(points: Points, where: string): Tensor[] {
  const list = Array.isArray(points)
    ? (points as readonly ArrayInput[]).map((point, i) => toFloatTensor(point, `${where} point ${i}`))
    : split(toFloatTensor(points as ArrayInput, where), where);
  for (const [i, point] of list.entries()) {
    if (sameShape(point.shape, list[0]!.shape)) continue;
    throw new VaeError(
      'bad-input',
      `${where}: point ${i} is ${show(point.shape)}, point 0 ${show(list[0]!.shape)}; make them alike.`,
    );
  }
  return list;
}

function split(all: Tensor, where: string): Tensor[] {
  const [count, ...item] = all.shape;
  if (count === undefined || item.length === 0) {
    throw new VaeError('bad-input', `${where}: points of shape ${show(all.shape)}, expected [P, ...latent].`);
  }
  return Array.from({ length: count }, (_, i) => ({ data: rows(all, i, i + 1).data, shape: item }));
}
