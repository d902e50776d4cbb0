import { choice } from '../choice.js';
import { sizeOf } from '../graph/shape.js';
import type { Constant, Value } from '../graph/value.js';
import { add, mul, reduceSum, reshape } from '../ops/index.js';
import { type Layer, positiveInteger } from './layer.js';
import { epsilonOption, standardize } from './standardize.js';

/**
 * Means over groups of neighbouring channels and all that is behind them, for each channel: [N, C, …] → [N, C, 1, …].
 * Places are summed first, so that arrays of x's size keep their shape, and with it the layout that an engine has them in.
 */
function groupMeans(x: Value, groups: number): Value {
  const [channels, ...places] = x.shape.slice(1) as number[];
  const members = channels / groups;
  const axes = places.map((_, i) => i + 2);
  const sums = reduceSum(x, axes, true);
  const totals = reduceSum(reshape(sums, [x.shape[0], groups, members]), [2], true);
  // A share for each member gives each of them the mean.
  const share = 1 / (members * sizeOf(places));
  const shares: Constant = { kind: 'constant', shape: [members], data: new Array(members).fill(share) };
  return reshape(mul(totals, shares), sums.shape);
}

const largestDivisor = (count: number, most: number): number =>
  count % most === 0 ? most : largestDivisor(count, most - 1);

/**
 * Group normalisation: y = scale · (x − mean) / √(variance + ε) + shift, mean and variance over a sample's groups of C/groups
 * channels and all their pixels (Wu & He 2018, arXiv:1803.08494, eq. 1 to 4). x [N, C, …] → [N, C, …]; scale and shift have
 * a number for each channel, 1 and 0 at first. It is PyTorch's nn.GroupNorm(groups, C). One group is layer normalisation
 * with a scale for each channel, C groups are instance normalisation.
 *
 * @throws TrainerError "bad-shape" where the groups do not divide the channels, or are of one number each
 * @example { "type": "groupNorm", "groups": 32 }
 */
export const groupNorm = choice(
  { groups: positiveInteger, epsilon: epsilonOption },
  ({ groups, epsilon }): Layer =>
    (x, scope) => {
      const [channels, ...places] = x.shape.slice(1) as number[];
      if (channels % groups !== 0)
        throw scope.error(
          `${groups} groups do not divide ${channels} channels. Set groups to a divisor, such as ` +
            `${largestDivisor(channels, Math.min(groups, channels))}.`,
        );
      if (sizeOf([channels / groups, ...places]) === 1)
        throw scope.error('each group is one number here, which would always become 0. Make groups fewer.');
      const { centered, rate } = standardize(x, (value) => groupMeans(value, groups), epsilon);
      const perChannel = [channels, ...places.map(() => 1)];
      const factor = mul(rate, scope.scale(perChannel));
      return add(mul(centered, factor), scope.shift(perChannel));
    },
);
