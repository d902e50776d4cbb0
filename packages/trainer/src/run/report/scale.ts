/** From numbers to coordinates, and the numbers to write on an axis. */
export interface Scale {
  /** Always finite for a finite value. */
  at(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

export interface ScaleOptions {
  /** Coordinates of the lowest and the highest number. */
  readonly range: readonly [number, number];
  /** About how many ticks. */
  readonly count?: number;
  /** Ends on ticks, rather than on the lowest and highest value. */
  readonly nice?: boolean;
  /** Ticks at whole numbers only. */
  readonly whole?: boolean;
}

/** Lowest and highest, kept apart where all are the same: neither end may fall on the other. */
function extent(values: readonly number[], whole: boolean): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (high - low > Math.max(Math.abs(low), Math.abs(high)) * 1e-9) return [low, high];
  const apart = whole ? 1 : Math.abs(low) * 0.1 || 1;
  return [low - apart, high + apart];
}

/** The step 1, 2 or 5 times a power of ten that gives about `count` ticks. */
function tickStep(low: number, high: number, count: number, whole: boolean): number {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  return whole ? Math.max(1, step) : step;
}

function tickLabel(value: number, step: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (step < 1e-4 && value !== 0))
    return String(Number(value.toPrecision(4)).toExponential());
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

/**
 * A linear scale over some finite values.
 *
 * @example linearScale([0, 10], { range: [0, 100] }).at(5) // 50
 */
export function linearScale(
  values: readonly number[],
  { range: [start, end], count = 5, nice = false, whole = false }: ScaleOptions,
): Scale {
  let [low, high] = extent(values, whole);
  const step = tickStep(low, high, count, whole);
  if (nice) [low, high] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return {
    at: (value) => start + ((value - low) / (high - low)) * (end - start),
    ticks: ticks.map((value) => ({ value, label: tickLabel(value, step) })),
  };
}
