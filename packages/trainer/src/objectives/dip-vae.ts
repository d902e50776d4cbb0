import * as v from 'valibot';
import { choice } from '../choice.js';
import type { Gaussian } from '../distributions/gaussian.js';
import { nonNegative } from '../float32.js';
import { type Constant, constant, type Value } from '../graph/value.js';
import { add, exp, matMul, mul, reduceSum, reshape, square, sub, sumAll } from '../ops/index.js';
import { boundAt, drawCodes, klOption } from './bound.js';
import type { Objective } from './objective.js';

/** 1 on the diagonal of a [D, D] matrix, 0 beside it. */
const identity = (size: number): Constant => ({
  kind: 'constant',
  shape: [size, size],
  data: Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
});

/** Covariance of codes over the batch: of their means, and with `spread` of draws from them. → [D, D] */
export function covariance({ mean, logVar }: Gaussian, weight: Value, spread: boolean): Value {
  const size = mean.shape[1] as number;
  const share = reshape(weight, ['N', 1]);
  const centred = sub(mean, reduceSum(mul(share, mean), [0], true));
  const ofMeans = matMul(mul(share, centred), centred, { transA: true });
  if (!spread) return ofMeans;
  const variances = reduceSum(mul(share, exp(logVar)), [0], true);
  return add(ofMeans, mul(identity(size), variances));
}

/**
 * loss = reconstruction + KL + offDiagonal · Σᵢ≠ⱼ Covᵢⱼ² + diagonal · Σᵢ (Covᵢᵢ − 1)²: the dimensions of codes are kept apart
 * (Kumar, Sattigeri, Balakrishnan 2018, arXiv:1711.00848, eq. 6 and 7). Cov is that of the posteriors' means (`means`, their
 * DIP-VAE-I) or of draws (`codes`, DIP-VAE-II), over the batch. The two sums are reported without their weights; they have
 * no unit.
 *
 * @example { "type": "dipVae", "of": "means", "offDiagonal": 10, "diagonal": 100 }
 */
export const dipVae = choice(
  {
    of: v.optional(v.picklist(['means', 'codes']), 'codes'),
    offDiagonal: v.optional(nonNegative, 10),
    diagonal: v.optional(nonNegative, 10),
    kl: klOption,
  },
  ({ of, offDiagonal, diagonal, kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: true,
    terms: (model, x, context) => {
      const codes = drawCodes(model, x, context);
      const terms = boundAt(model, x, codes, kl);
      const matrix = covariance(codes.q, context.weight, of === 'codes');
      const own = identity(matrix.shape[0] as number);
      const beside = sumAll(square(mul(matrix, sub(constant(1), own))));
      const along = sumAll(square(mul(sub(matrix, constant(1)), own)));
      const loss = add(
        add(terms.reconstruction, terms.kl),
        add(mul(offDiagonal, beside), mul(diagonal, along)),
      );
      return { loss, ...terms, offDiagonal: beside, diagonal: along };
    },
  }),
);
