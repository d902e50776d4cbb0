/** Terms by name, in nats per sample; one that does not exist for an objective is null. */
export type Metrics = Readonly<Record<string, number | null>>;

/** Sample-weighted means: batches of different size count by what is in them. */
export class MeanMetrics {
  private sums: Record<string, number> = {};
  private samples = 0;

  add(terms: Readonly<Record<string, Float32Array>>, samples: number): void {
    for (const [name, [value]] of Object.entries(terms))
      this.sums[name] = (this.sums[name] ?? 0) + value * samples;
    this.samples += samples;
  }

  get isEmpty(): boolean {
    return this.samples === 0;
  }

  mean(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.samples]));
  }

  /** What a checkpoint keeps, so that the mean of a resumed epoch covers all of it. */
  save(): MeanMetricsState {
    return { sums: { ...this.sums }, samples: this.samples };
  }

  static restore({ sums, samples }: MeanMetricsState): MeanMetrics {
    const metrics = new MeanMetrics();
    metrics.sums = { ...sums };
    metrics.samples = samples;
    return metrics;
  }
}

export interface MeanMetricsState {
  readonly sums: Readonly<Record<string, number>>;
  readonly samples: number;
}

/** Mean and its standard error over samples, summed in float64. */
export class SampleStatistics {
  private count = 0;
  private sum = 0;
  private squares = 0;

  /** @param samples that each value is of: one, or all of a batch */
  add(values: Float32Array, samples = 1): void {
    for (const value of values) {
      this.count += samples;
      this.sum += samples * value;
      this.squares += samples * value * value;
    }
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get standardError(): number {
    const variance = Math.max(this.squares / this.count - this.mean ** 2, 0);
    return Math.sqrt(variance / this.count);
  }
}
