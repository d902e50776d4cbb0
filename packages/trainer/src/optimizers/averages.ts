import type { Tensor } from '@vae/sdk/media';
import type { Value } from '../graph/value.js';
import type { Slot } from './optimizer.js';
import { runningMean } from './running-mean.js';

const CORRECTION = 'ema.correction';
const averageName = (parameter: string): string => `ema.${parameter}`;

/**
 * Keeps a moving average of the weights as they are after each update, θ̄ ← decay · θ̄ + (1 − decay) · θ from θ̄ = 0, with
 * the sum of its shares beside it (Kingma & Ba 2015, section 7.2).
 */
export function averageWeights(
  weights: readonly { readonly name: string; readonly next: Value; readonly shape: readonly number[] }[],
  decay: number,
  slot: Slot,
): void {
  slot(CORRECTION, [], (c) => runningMean(decay, c, 1));
  for (const { name, next, shape } of weights)
    slot(averageName(name), shape, (average) => runningMean(decay, average, next));
}

/** The averaged weights under the names of the last ones; none where nothing was averaged. */
export function averagedWeights(state: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const correction = state[CORRECTION]?.data[0];
  if (!correction) return {};
  const averaged = Object.keys(state).flatMap((name) => {
    const average = state[averageName(name)];
    if (!average) return [];
    return [[name, { data: average.data.map((value) => value / correction), shape: average.shape }]];
  });
  return Object.fromEntries(averaged);
}
