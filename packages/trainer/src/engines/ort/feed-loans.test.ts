import { expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../programs.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { FeedLoans } from './feed-loans.js';
import { FeedMemory } from './parallel/feed-memory.js';
import { canBePlain } from './parallel/plain-memory.js';
import { planStep } from './parallel/plan.js';

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);

it.each([true, false])(
  'lends every slot but the first, each to one at a time; shown as plain memory: %s',
  (isPlain) => {
    const means = { threads: 2, plain: isPlain && canBePlain() };
    const plan = planStep('train', programs.train, initialState(programs, 0), means)!;
    const memory = new FeedMemory(plan, FeedMemory.allocate(plan, 3));
    const loans = new FeedLoans(plan, memory);
    expect(loans.lend('evaluate')).toBeUndefined();
    const [one, other] = [loans.lend('train')!, loans.lend('train')!];
    expect(loans.lend('train')).toBeUndefined();

    expect(Object.keys(one).sort()).toEqual(plan.feeds.map(({ name }) => name).sort());
    for (const { name, length } of plan.feeds) {
      one[name].fill(1);
      other[name].fill(2);
      expect(one[name]).toEqual(new Float32Array(length).fill(1));
    }
    const slot = loans.slotOf(other)!;
    for (const feed of plan.feeds) expect(memory.ofStep(slot, feed)).toEqual(other[feed.name]);

    // Another array in the place of a lent one goes by message.
    const eps = other.eps.slice();
    expect(loans.rest({ ...other, eps, rate: Float32Array.of(3) }, slot)).toEqual({
      eps,
      rate: Float32Array.of(3),
    });
    expect(loans.slotOf({ ...one, eps })).toBe(loans.slotOf(one));
    expect(loans.slotOf({ eps })).toBeUndefined();

    loans.giveBack(slot);
    expect(loans.lend('train')).toBe(other);
  },
);
