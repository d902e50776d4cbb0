import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { Spec } from '../choice.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { tinyRecipe } from '../testing/tiny-training.js';

const SHAPE = [1, 2, 2];
const at = (objective: Spec) => new ObjectiveAt(tinyRecipe({ objective }), SHAPE);
const given = { x: Array.from(uniform({ seed: 2, stream: 'x' }, 5 * 4), (u) => Math.round(u)) };

describe('betaVae', () => {
  it('is reconstruction + beta · KL', () => {
    const { loss, reconstruction, kl, bound } = at({ type: 'betaVae', beta: 2.5 }).samples(given);
    expect(
      difference(
        loss,
        reconstruction.map((value, i) => value + 2.5 * kl[i]),
      ),
    ).toBeLessThan(1e-14);
    // The bound is that of the model, whatever was minimised.
    expect(
      difference(
        bound,
        reconstruction.map((value, i) => -value - kl[i]),
      ),
    ).toBeLessThan(1e-14);
  });

  it('follows a schedule of beta by training steps', () => {
    const objective = at({ type: 'betaVae', beta: { type: 'linear', from: 0, to: 4, steps: 8 } });
    for (const [step, beta] of [
      [0, 0],
      [2, 1],
      [8, 4],
      [100, 4],
    ]) {
      const { loss, reconstruction, kl } = objective.samples({ ...given, step });
      expect(
        difference(
          loss,
          reconstruction.map((value, i) => value + beta * kl[i]),
        ),
      ).toBeLessThan(1e-14);
    }
  });

  it('without KL is the reconstruction', () => {
    const { loss, reconstruction } = at({ type: 'betaVae', beta: 0 }).samples(given);
    expect(loss).toEqual(reconstruction);
  });
});

describe('betaVaeCapacity', () => {
  const objective = at({
    type: 'betaVaeCapacity',
    gamma: 30,
    capacity: { type: 'linear', from: 0, to: 2, steps: 10 },
  });

  it.each([
    [0, 0],
    [5, 1],
    [10, 2],
    [50, 2],
  ])('at step %i is reconstruction + gamma · |KL − %f|', (step, capacity) => {
    const { loss, reconstruction, kl } = objective.samples({ ...given, step });
    const expected = reconstruction.map((value, i) => value + 30 * Math.abs(kl[i] - capacity));
    expect(difference(loss, expected)).toBeLessThan(1e-13);
  });

  it('pushes KL up where it is below the capacity, and down where it is above', () => {
    const slopes = [0, 1000].map((step) => {
      const high = at({ type: 'betaVaeCapacity', gamma: 1e6, capacity: step === 0 ? 0 : 50 });
      return high.step(given).gradient['encoder.mean-logvar.bias'];
    });
    // Only the sign of KL − C differs, and beside 10⁶ the reconstruction does not count.
    expect(
      difference(
        slopes[1].map((slope) => -slope / 1e6),
        slopes[0].map((slope) => slope / 1e6),
      ),
    ).toBeLessThan(1e-4);
  });

  it('grows to 25 nats over 100,000 steps unless told otherwise', () => {
    const { programs } = at({ type: 'betaVaeCapacity' });
    const { schedule } = programs.train.scalars.get('capacity')!;
    expect([0, 50_000, 100_000, 200_000].map(schedule)).toEqual([0, 12.5, 25, 25]);
  });
});
