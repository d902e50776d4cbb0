/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(half)];
  return (sorted[half - 1] + sorted[half]) / 2;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * What the rounds of one contender come to.
 *
 * @param rounds what a child answered to each `run`: `times` of the steps in ms, `wallMs` from the first step's
 *   beginning to the last one's end, `cpuMs` of all its threads in that time
 * @param batch samples in a step
 * @returns samples per second: `sustained` over all rounds, `typical` from the median round's median step, `best`
 *   from the fastest step; `cpuMicros` per sample; `stepMs`, the median round's median step; `rates`, sustained, by round
 */
export function summarise(rounds, batch) {
  const steps = sum(rounds.map(({ times }) => times.length));
  const stepMs = median(rounds.map(({ times }) => median(times)));
  const rate = (ms) => (1000 * batch) / ms;
  return {
    steps,
    stepMs,
    sustained: rate(sum(rounds.map(({ wallMs }) => wallMs)) / steps),
    typical: rate(stepMs),
    best: rate(Math.min(...rounds.map(({ times }) => Math.min(...times)))),
    cpuMicros: (1000 * sum(rounds.map(({ cpuMs }) => cpuMs))) / (steps * batch),
    rates: rounds.map(({ times, wallMs }) => rate(wallMs / times.length)),
  };
}

/**
 * How many times faster `a` is than `b`, round against neighbouring round, so that a spell in which the machine is
 * slow weighs on both.
 *
 * @param a, b samples per second by round
 * @returns the median of the rounds' ratios and their `least` and `most`
 */
export function ratio(a, b) {
  const ratios = a.slice(0, b.length).map((rate, round) => rate / b[round]);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
