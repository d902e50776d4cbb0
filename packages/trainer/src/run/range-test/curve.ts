/** One update of the test. */
export interface Reading {
  readonly learningRate: number;
  /** Of the batch, before the update, in nats per sample. */
  readonly loss: number;
  /** Mean of the losses so far, the latest counting most. */
  readonly smoothed: number;
}

/** What a learning-rate range test found. */
export interface RangeCurve {
  readonly readings: readonly Reading[];
  /** Where the loss fell fastest; absent where it did not fall. */
  readonly steepest?: number;
  /** Where the loss began to rise; absent where it did not up to the highest rate. */
  readonly rises?: number;
  /** Where the loss ran away; absent where it did not up to the highest rate. */
  readonly diverged?: number;
  /** The rate to begin with: the steepest, and at most a tenth of where the loss began to rise. */
  readonly suggestion?: number;
}

/** The loss has run away once it is this many times the lowest one. */
const RUNAWAY = 4;
/** Losses that are looked at together, as a share of all. */
const WINDOW = 0.1;
/**
 * How far below the rate at which the loss begins to rise a rate is safe. A test of few updates does not see what that
 * rate does in many: units that die, or a loss that creeps up.
 */
const MARGIN = 10;

/** `count` rates from `from` to `to`, each the same multiple of the one before it. */
export const rateSchedule = ({ from, to, steps }: { from: number; to: number; steps: number }) => ({
  type: 'exponential',
  from,
  rate: (to / from) ** (1 / (steps - 1)),
  every: 1,
  staircase: false,
});

/** Follows the losses of the test while it runs. */
export class RangeReadings {
  readonly readings: Reading[] = [];
  private sum = 0;
  private share = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private readonly memory: number;

  /** @param steps of the whole test */
  constructor(private readonly steps: number) {
    // What is older than the window counts for 1/e at most.
    this.memory = 1 - 1 / Math.max(2, WINDOW * steps);
  }

  /**
   * @returns whether the loss has run away: it is no number, or its smoothed value is four times the lowest one and
   * above the first loss. (Four times a negative loss is a lower one; there it is the distance that counts.)
   */
  add(learningRate: number, loss: number): boolean {
    if (!Number.isFinite(loss)) {
      this.readings.push({ learningRate, loss, smoothed: loss });
      return true;
    }
    // The mean is of a beginning at 0, so it is divided by the sum of its shares (Kingma & Ba 2015, section 3).
    this.sum = this.memory * this.sum + (1 - this.memory) * loss;
    this.share = this.memory * this.share + (1 - this.memory);
    const smoothed = this.sum / this.share;
    this.readings.push({ learningRate, loss, smoothed });
    this.lowest = Math.min(this.lowest, smoothed);
    const limit = this.lowest + (RUNAWAY - 1) * Math.abs(this.lowest);
    return smoothed > Math.max(limit, this.readings[0].loss);
  }

  curve({ ranAway }: { ranAway: boolean }): RangeCurve {
    const { readings } = this;
    const calm = ranAway ? readings.slice(0, -1) : readings;
    const reach = Math.max(1, Math.round((WINDOW * this.steps) / 2));
    const lowest = lowestPlace(calm, reach);
    // What is lowest at the end of all rates was still falling there.
    const rises = ranAway || lowest < calm.length - reach ? calm[lowest]?.learningRate : undefined;
    const diverged = ranAway ? readings.at(-1)!.learningRate : undefined;
    const steepest = steepestRate(calm, { reach, lowest });
    const suggestion = steepest && Math.min(steepest, (rises ?? Number.POSITIVE_INFINITY) / MARGIN);
    return { readings, steepest, rises, diverged, suggestion };
  }
}

/** Median of the losses of `reach` readings to both sides: one that is blown up does not move it. */
function medianAround(readings: readonly Reading[], at: number, reach: number): number {
  const losses = readings.slice(Math.max(0, at - reach), at + reach + 1).map(({ loss }) => loss);
  losses.sort((a, b) => a - b);
  return (losses[(losses.length - 1) >> 1] + losses[losses.length >> 1]) / 2;
}

/** The reading around which losses are lowest; 0 where there is none. */
function lowestPlace(readings: readonly Reading[], reach: number): number {
  const medians = readings.map((_, i) => medianAround(readings, i, reach));
  return medians.reduce((best, median, i) => (median < medians[best] ? i : best), 0);
}

/** Slope of the straight line nearest to some numbers at equal distances (least squares). */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const over = values.reduce((sum, value, i) => sum + (i - middle) * value, 0);
  const under = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return over / under;
}

/**
 * The rate around which the loss falls fastest over the logarithm of the rate, no higher than where it is lowest.
 * Slopes are those of `reach` readings to both sides, so that single batches do not decide.
 */
function steepestRate(
  readings: readonly Reading[],
  { reach, lowest }: { reach: number; lowest: number },
): number | undefined {
  let steepest: { slope: number; learningRate: number } | undefined;
  for (let i = reach; i <= Math.min(lowest, readings.length - 1 - reach); i++) {
    const slope = slopeOf(readings.slice(i - reach, i + reach + 1).map(({ loss }) => loss));
    if (slope < (steepest?.slope ?? 0)) steepest = { slope, learningRate: readings[i].learningRate };
  }
  return steepest?.learningRate;
}
