import { VaeError } from '../errors.js';
import { sameShape, show, sizeOf } from '../tensor.js';
import { type Posterior, posteriorOf } from './reparameterize.js';

/** Spread of the means above which a dimension counts as active. */
const activeVariance = 0.01;

/**
 * How the posteriors of many items lie in the latent space; one value per latent dimension, flattened. All are averages
 * over the items, so a variance divides by their number.
 */
export interface PosteriorStatistics {
  /** Items seen. */
  readonly count: number;
  /** Mean of the aggregate posterior, which is the mean of the means. */
  readonly mean: number[];
  /** Standard deviation of the aggregate posterior: sqrt(var(means) + mean of the variances). */
  readonly std: number[];
  /** Standard deviation of the means alone. */
  readonly meanStd: number[];
  /** Average KL from the posterior to the standard normal, nats; infinite for a deterministic encoder. */
  readonly kl: number[];
  /** Sum of `kl`: nats per item. */
  readonly totalKl: number;
  /** Dimensions whose means vary by more than 0.01 (variance); the others carry next to nothing about the data. */
  readonly activeUnits: number;
}

/** Takes posteriors batch by batch and keeps sums only. */
export interface PosteriorAccumulator {
  /**
   * @param posterior mean and logvar, both [N, ...latent]
   * @throws VaeError "bad-input" for another latent shape than before
   */
  add(posterior: Posterior): void;
  /** @throws VaeError "bad-input" before the first item */
  result(): PosteriorStatistics;
}

/**
 * Statistics of posteriors over a data set of any size. How the data is cut into batches changes nothing, not even the
 * last bit.
 *
 * @param where begins the error's text
 * @see Burda et al. 2015, arXiv:1509.00519, section 5.2, for active units; Welford 1962, Technometrics 4(3)
 * @example
 * const statistics = posteriorStatistics();
 * for await (const batch of batches) statistics.add(await vae.encode(batch));
 * const { mean, std, kl, activeUnits } = statistics.result();
 */
export function posteriorStatistics(where = 'posteriorStatistics'): PosteriorAccumulator {
  let item: readonly number[] | undefined;
  let sums: DimensionSums[] = [];
  let count = 0;
  return {
    add(posterior) {
      const { mean, logvar } = posteriorOf(posterior, where);
      const latent = mean.shape.slice(1);
      if (latent.length === 0 || !sameShape(latent, item ?? latent)) {
        const expected = show(['N', ...(item ?? ['...latent'])]);
        throw new VaeError(
          'bad-input',
          `${where}: the posterior is ${show(mean.shape)}, expected ${expected}.`,
        );
      }
      item = latent;
      const size = sizeOf(latent, where);
      if (sums.length === 0) sums = Array.from({ length: size }, () => new DimensionSums());
      for (let i = 0; i < mean.data.length; i++) sums[i % size]!.add(mean.data[i]!, logvar.data[i]!);
      count += mean.shape[0]!;
    },
    result() {
      if (count === 0) {
        throw new VaeError('bad-input', `${where}: no posteriors yet; add some first.`);
      }
      const kl = sums.map((sum) => sum.kl / count);
      return {
        count,
        mean: sums.map((sum) => sum.mean),
        std: sums.map((sum) => Math.sqrt((sum.squares + sum.variance) / count)),
        meanStd: sums.map((sum) => Math.sqrt(sum.squares / count)),
        kl,
        totalKl: kl.reduce((total, value) => total + value, 0),
        activeUnits: sums.filter((sum) => sum.squares / count > activeVariance).length,
      };
    },
  };
}

/** One latent dimension. */
class DimensionSums {
  count = 0;
  /** Running mean of the means, and the sum of squared distances from it, by Welford's update. */
  mean = 0;
  squares = 0;
  /** Sums of the variances and of the KL. Both terms are >= 0, so plain sums lose nothing. */
  variance = 0;
  kl = 0;

  add(mean: number, logvar: number): void {
    this.count++;
    const before = mean - this.mean;
    this.mean += before / this.count;
    this.squares += before * (mean - this.mean);
    const variance = Math.exp(logvar);
    this.variance += variance;
    this.kl += (variance + mean * mean - 1 - logvar) / 2;
  }
}
