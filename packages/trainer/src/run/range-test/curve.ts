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
  /** Where the loss ran away; absent where it did not up to the highest rate. */
  readonly diverged?: number;
  /** The rate to begin with: the steepest, and at most a tenth of where the loss ran away. */
  readonly suggestion?: number;
}

/** The loss has run away once it is this many times the lowest one. */
const RUNAWAY = 4;
/** Losses that are looked at together, as a share of all. */
const WINDOW = 0.1;

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
    const diverged = ranAway ? readings.at(-1)!.learningRate : undefined;
    const steepest = steepestRate(readings, Math.max(1, Math.round((WINDOW * this.steps) / 2)));
    const suggestion = steepest && Math.min(steepest, (diverged ?? Number.POSITIVE_INFINITY) / 10);
    return { readings, steepest, diverged, suggestion };
  }
}

/** Slope of the straight line nearest to some numbers at equal distances (least squares). */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const over = values.reduce((sum, value, i) => sum + (i - middle) * value, 0);
  const under = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return over / under;
}

/**
 * The rate around which the loss falls fastest over the logarithm of the rate, before its lowest smoothed value. Slopes
 * are those of `reach` readings to both sides, so that single batches do not decide.
 */
function steepestRate(readings: readonly Reading[], reach: number): number | undefined {
  const finite = readings.filter(({ loss }) => Number.isFinite(loss));
  const lowest = finite.reduce((best, { smoothed }, i) => (smoothed < finite[best].smoothed ? i : best), 0);
  let steepest: { slope: number; learningRate: number } | undefined;
  for (let i = reach; i <= Math.min(lowest, finite.length - 1 - reach); i++) {
    const slope = slopeOf(finite.slice(i - reach, i + reach + 1).map(({ loss }) => loss));
    if (slope < (steepest?.slope ?? 0)) steepest = { slope, learningRate: finite[i].learningRate };
  }
  return steepest?.learningRate;
}
