import type { State } from '../engines/engine.js';
import { averagedWeights } from '../optimizers/averages.js';
import type { Opened } from './open.js';

/**
 * Puts averaged weights in the place of the last ones, where the recipe keeps such.
 *
 * @param state that the engine has
 * @returns the weights that are in use now, and those before
 */
export async function takeAverages(
  { compiled, programs }: Pick<Opened, 'compiled' | 'programs'>,
  state: State,
): Promise<{ now: State; before: State }> {
  const before = Object.fromEntries([...programs.parameters.keys()].map((name) => [name, state[name]]));
  const averaged = averagedWeights(state);
  await compiled.writeState(averaged);
  return { now: { ...before, ...averaged }, before };
}
