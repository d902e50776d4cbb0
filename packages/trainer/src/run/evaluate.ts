import type { Compiled } from '../engines/engine.js';
import { type FeederOptions, makeFeeds } from './feeder.js';
import { chunksOf } from './indices.js';
import { type Metrics, SampleStatistics } from './metrics.js';

/**
 * Means of every term over a part of the data, in nats per sample: one draw per sample, always the same draws, so
 * that two evaluations compare. `standardError` is that of the bound (of the loss where there is no bound).
 */
export async function evaluate(
  compiled: Compiled,
  options: FeederOptions,
  { step, limit = options.split.size }: { step: number; limit?: number },
): Promise<Metrics> {
  const terms = new Map<string, SampleStatistics>();
  const size = Math.min(limit, options.split.size);
  for (const indices of chunksOf(size)) {
    const feeds = await makeFeeds(options, { step, visit: 0, indices }, indices.length);
    for (const [name, values] of Object.entries(await compiled.run('evaluate', feeds))) {
      if (!terms.has(name)) terms.set(name, new SampleStatistics());
      terms.get(name)!.add(values, indices.length / values.length);
    }
  }
  const means = Object.fromEntries([...terms].map(([name, { mean }]) => [name, mean]));
  const judged = terms.get('bound') ?? terms.get('loss')!;
  return { bound: null, ...means, samples: size, standardError: judged.standardError };
}
