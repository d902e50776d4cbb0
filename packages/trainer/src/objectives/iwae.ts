import * as v from 'valibot';
import { choice } from '../choice.js';
import { klToStandard, logDensity, standardLogDensity } from '../distributions/gaussian.js';
import { rowsOf, type Shape } from '../graph/shape.js';
import {
  add,
  exp,
  logSumExp,
  mul,
  neg,
  reduceSum,
  repeatRows,
  reshape,
  sub,
  sumPerSample,
} from '../ops/index.js';
import type { Objective } from './objective.js';

const draws = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 5);

/**
 * The importance-weighted bound: bound = log 1/K Σ wₖ, wₖ = p(x|zₖ) p(zₖ) / q(zₖ|x), zₖ ~ q(z|x), loss = −bound. With one
 * draw it is the ELBO with the KL at that draw; with more it is tighter (Burda, Grosse, Salakhutdinov 2016, arXiv:1509.00519,
 * eq. 8). `reconstruction`, the mean over the draws, and `kl` are those of the ELBO, so that the bound lies above
 * −(reconstruction + kl). The decoder runs K times for each sample.
 *
 * @example { "type": "iwae", "samples": 5 }
 */
export const iwae = choice(
  { samples: draws },
  ({ samples: count }): Objective => ({
    latent: 'gaussian',
    couplesSamples: false,
    terms: (model, x, { noise }) => {
      const q = model.encode(x);
      const size = q.mean.shape[1] as number;
      const [each, rows]: Shape[] = [
        ['N', 1, size],
        ['N', count, size],
      ];
      const [mean, logVar] = [reshape(q.mean, each), reshape(q.logVar, each)];
      const z = add(mean, mul(exp(mul(0.5, logVar)), reshape(noise('eps', ['N', count * size]), rows)));
      const output = model.decode(reshape(z, [rowsOf(count), size]));
      const given = reshape(model.logLikelihood(repeatRows(x, count), output), ['N', count]);
      const ratio = sub(standardLogDensity(z), logDensity(z, { mean, logVar }));
      const bound = sub(logSumExp(add(given, reduceSum(ratio, [2])), 1), Math.log(count));
      return {
        loss: neg(bound),
        bound,
        reconstruction: mul(-1 / count, reduceSum(given, [1])),
        kl: sumPerSample(klToStandard(q)),
      };
    },
  }),
);
