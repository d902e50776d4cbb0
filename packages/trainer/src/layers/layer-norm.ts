import { choice } from '../choice.js';
import { sizeOf } from '../graph/shape.js';
import { add, mul, reduceSum } from '../ops/index.js';
import type { Layer } from './layer.js';
import { epsilonOption, standardize } from './standardize.js';

/**
 * Layer normalisation: y = scale · (x − mean) / √(variance + ε) + shift, mean and variance over all numbers of a sample
 * (Ba et al. 2016, arXiv:1607.06450, eq. 3 and 4). x [N, …] → [N, …]; scale and shift have a number for each number of a
 * sample, 1 and 0 at first. It is PyTorch's nn.LayerNorm over all axes but the first. On images that ties what is learned
 * to a place in the image: `groupNorm` with one group has the same mean and variance, and a scale for each channel.
 *
 * @throws TrainerError "bad-shape" where a sample is one number
 * @example { "type": "layerNorm" }
 */
export const layerNorm = choice(
  { epsilon: epsilonOption },
  ({ epsilon }): Layer =>
    (x, scope) => {
      const shape = x.shape.slice(1) as number[];
      const size = sizeOf(shape);
      if (size === 1)
        throw scope.error('a sample is one number here, which would always become 0. Leave the layer out.');
      const axes = shape.map((_, i) => i + 1);
      const mean = (value: typeof x) => mul(1 / size, reduceSum(value, axes, true));
      const { centered, rate } = standardize(x, mean, epsilon);
      return add(mul(mul(centered, rate), scope.scale(shape)), scope.shift(shape));
    },
);
