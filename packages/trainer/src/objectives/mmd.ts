import * as v from 'valibot';
import type { Value } from '../graph/value.js';
import {
  add,
  div,
  exp,
  matMul,
  max,
  mul,
  neg,
  reshape,
  square,
  sub,
  sumAll,
  sumPerSample,
} from '../ops/index.js';

/** How alike two codes are, from the squares of their distances. Each is 1, or the number of its scales, for equal codes. */
interface Kernel {
  readonly ofEqual: number;
  of(distances: Value, latent: number): Value;
}

/** Shares of the distance that draws from the prior have on average (Tolstikhin et al. 2018, their code). */
const SCALES = [0.1, 0.2, 0.5, 1, 2, 5, 10];

const kernels = {
  /** Σ C/(C + d²), C = 2D times each of seven scales: its tails reach codes that are far off. */
  imq: {
    ofEqual: SCALES.length,
    of: (distances, latent) =>
      SCALES.map((scale) => 2 * latent * scale)
        .map((C) => div(C, add(C, distances)))
        .reduce((sum, kernel) => add(sum, kernel)),
  },
  /** e^(−d²/2D), 2D being the mean of d² for two draws from the prior. */
  rbf: { ofEqual: 1, of: (distances, latent) => exp(mul(-1 / (2 * latent), distances)) },
} as const satisfies Record<string, Kernel>;

export type KernelName = keyof typeof kernels;

/** The option that chooses what codes are compared by. */
export const kernelOption = v.optional(v.picklist(Object.keys(kernels) as KernelName[]), 'imq');

/** |aᵢ − bⱼ|² for every two rows: [N, D], [N, D] → [N, N] */
function squaredDistances(a: Value, b: Value): Value {
  const lengths = (rows: Value): Value => sumPerSample(square(rows));
  const sums = add(reshape(lengths(a), ['N', 1]), reshape(lengths(b), [1, 'N']));
  // Rounding may leave less than nothing for two rows that are equal.
  return max(sub(sums, mul(2, matMul(a, b, { transB: true }))), 0);
}

/**
 * The squared maximum mean discrepancy of codes and draws from the prior, without bias: the mean kernel of two codes, and
 * of two draws, minus twice that of a code and a draw. It is 0 on average where both have one distribution, and may fall
 * below. No unit; `imq` is at most 14, `rbf` 2.
 *
 * @param z, prior [N, D]
 * @param weight share of each sample, [N]
 * @returns []
 * @see Gretton et al. 2012, A Kernel Two-Sample Test, JMLR 13, lemma 6
 */
export function mmd(z: Value, prior: Value, weight: Value, name: KernelName): Value {
  const { ofEqual, of } = kernels[name];
  const shares = mul(reshape(weight, ['N', 1]), reshape(weight, [1, 'N']));
  const mean = (a: Value, b: Value): Value =>
    sumAll(mul(shares, of(squaredDistances(a, b), z.shape[1] as number)));
  // A code is not compared with itself; where there is but one, there is nothing to compare.
  const own = sumAll(square(weight));
  const others = max(sub(1, own), 1e-6);
  const among = (a: Value): Value => div(sub(mean(a, a), mul(ofEqual, own)), others);
  return add(add(among(z), among(prior)), mul(2, neg(mean(z, prior))));
}
