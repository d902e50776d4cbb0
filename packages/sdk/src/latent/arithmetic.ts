import { VaeError } from '../errors.js';
import { type ArrayInput, indexText, sameShape, show, type Tensor, toFloatTensor } from '../tensor.js';

/**
 * a - b + c, element by element: what tells a from b, put into c. A single latent goes with every latent of a batch.
 *
 * @param a, b, c each [N, ...latent], or one latent as [1, ...latent] or [...latent]
 * @returns [N, ...latent]; [...latent] when all three are
 * @throws VaeError "bad-input" for shapes that do not go together, a NaN, or a result beyond float32
 * @see Larsen et al. 2016, arXiv:1512.09300; White 2016, arXiv:1609.04468
 * @example arithmetic([[1, 1], [2, 2]], [1, 0], [0, 5]).data // [0, 6, 1, 7]
 */
export function arithmetic(a: ArrayInput, b: ArrayInput, c: ArrayInput): Tensor {
  const given = { a, b, c };
  const tensors = Object.entries(given).map(([name, value]) => toFloatTensor(value, `arithmetic ${name}`));
  const shape = batchShape(tensors.map((tensor) => tensor.shape));
  for (const [i, name] of Object.keys(given).entries()) {
    if (fits(tensors[i]!.shape, shape)) continue;
    throw new VaeError(
      'bad-input',
      `arithmetic: ${name} is ${show(tensors[i]!.shape)}, which goes with no batch ${show(shape)}; ` +
        'pass as many latents, or one.',
    );
  }
  const [first, minus, plus] = tensors.map((tensor) => tensor.data) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const data = new Float32Array(shape.reduce((size, length) => size * length, 1));
  for (let i = 0; i < data.length; i++) {
    data[i] = first[i % first.length]! - minus[i % minus.length]! + plus[i % plus.length]!;
    if (!Number.isFinite(data[i]!)) {
      throw new VaeError(
        'bad-input',
        `arithmetic: element ${indexText(i, shape)} is ${data[i]}; the latents are too large.`,
      );
    }
  }
  return { data, shape };
}

/** The shape with most axes; among those the one of a batch that is not one latent. */
function batchShape(shapes: readonly (readonly number[])[]): number[] {
  const axes = Math.max(...shapes.map((shape) => shape.length));
  const deepest = shapes.filter((shape) => shape.length === axes);
  return [...(deepest.find((shape) => shape[0] !== 1) ?? deepest[0]!)];
}

function fits(shape: readonly number[], batch: readonly number[]): boolean {
  const item = batch.slice(1);
  return sameShape(shape, batch) || sameShape(shape, item) || sameShape(shape, [1, ...item]);
}
