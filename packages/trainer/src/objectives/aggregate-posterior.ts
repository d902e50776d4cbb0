import { logDensity } from '../distributions/gaussian.js';
import type { Value } from '../graph/value.js';
import { abs, add, log, logSumExp, max, mul, reduceSum, reshape, slice, step, sub } from '../ops/index.js';
import type { Drawn } from './bound.js';

/** Stands for the logarithm of 0: a finite number, so that 0 times it is 0. */
const LOG_OF_NOTHING = -1e30;

/** log w for each share, [N]. */
function logShares(weight: Value): Value {
  const isPadding = sub(1, step(weight));
  return add(log(max(weight, 1e-30)), mul(LOG_OF_NOTHING, isPadding));
}

/**
 * 1 where two numbers of samples differ, else 0: [N, 1] → [N, N]. No graph knows the places of its samples, but draws tell
 * them apart: two are equal once in 10⁷ pairs, and one of those counts as itself then.
 */
const differ = (draws: Value): Value => step(abs(sub(draws, reshape(draws, [1, 'N']))));

/**
 * Logarithms of what the posterior of each sample j of a batch weighs in an estimate of q(zᵢ), [N, N]. Of all `samples`,
 * sample i itself is one; those beside it in the batch stand for all others.
 */
function logWeights(weight: Value, eps: Value, samples: number | undefined): Value {
  const share = reshape(weight, ['N', 1]);
  const itself = samples === undefined ? share : add(mul(0, share), 1 / samples);
  const others = sub(log(max(sub(1, itself), 1e-30)), log(max(sub(1, share), 1e-30)));
  const beside = add(others, reshape(logShares(weight), [1, 'N']));
  const isOther = differ(slice(eps, { axis: 1, start: 0, end: 1 }));
  return add(mul(isOther, beside), mul(sub(1, isOther), log(max(itself, 1e-30))));
}

/**
 * The density of all codes at each sample's draw, estimated from its batch by stratified sampling: log q(z), [N], and
 * log q(z_d) of each dimension by itself, [N, D], in nats; q(z) is the mean of q(z|x) over all training samples. The
 * weights are those of Chen et al. 2018 (arXiv:1802.04942, appendix C.2) with the remainder dealt out evenly.
 *
 * @param weight share of each sample, [N]
 * @param samples that are trained on; the batch stands for them all where they are not known
 */
export function aggregatePosterior(
  { q, z, eps }: Drawn,
  weight: Value,
  samples: number | undefined,
): { readonly joint: Value; readonly marginals: Value } {
  const size = z.shape[1] as number;
  const row = (value: Value): Value => reshape(value, [1, 'N', size]);
  const of = { mean: row(q.mean), logVar: row(q.logVar) };
  const densities = logDensity(reshape(z, ['N', 1, size]), of);
  const weights = logWeights(weight, eps, samples);
  return {
    joint: logSumExp(add(reduceSum(densities, [2]), weights), 1),
    marginals: logSumExp(add(densities, reshape(weights, ['N', 'N', 1])), 1),
  };
}
