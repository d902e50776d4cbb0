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
    const loan = loans.lend('train')!;
    const [one, other] = [loan.arrays, loans.lend('train')!.arrays];
    expect(loans.lend('train')).toBeUndefined();

    const filled = plan.feeds.filter(({ name }) => !programs.train.noises.has(name));
    expect(Object.keys(one).sort()).toEqual(filled.map(({ name }) => name).sort());
    for (const { name, length } of filled) {
      one[name].fill(1);
      other[name].fill(2);
      expect(one[name]).toEqual(new Float32Array(length).fill(1));
    }
    // What reads data may write to the buffer without a look at where the array begins.
    new Uint8Array(one.x.buffer).fill(255, 0, 4);
    expect([one.x[0], other.x[0]]).toEqual([Number.NaN, 2]);
    const slot = loans.slotOf(other)!;
    for (const feed of filled) expect(memory.ofStep(slot, feed)).toEqual(other[feed.name]);

    // Another array in the place of a lent one goes by message.
    const x = other.x.slice();
    expect(loans.rest({ ...other, x, rate: Float32Array.of(3) }, slot)).toEqual({
      x,
      rate: Float32Array.of(3),
    });
    expect(loans.slotOf({ ...one, x })).toBe(loans.slotOf(one));
    expect(loans.slotOf({ x })).toBeUndefined();

    // Whose noise is drawn is forgotten when the slot is lent again.
    const found = loans.slotOf(one)!;
    loan.drawFor!({ seed: 2 ** 53 - 1, step: 2 ** 32 - 1, indices: [4, 2 ** 32 - 1, 6, 0, 2] });
    const drawn = Array.from({ length: plan.runs }, (_, run) => memory.drawnFor(found, run)!);
    expect(drawn.flatMap(({ indices }) => Array.from(indices))).toEqual([4, 2 ** 32 - 1, 6, 0, 2]);
    for (const { seed, step } of drawn) expect([seed, step]).toEqual([2 ** 53 - 1, 2 ** 32 - 1]);
    loans.giveBack(found);
    expect(loans.lend('train')!.arrays).toBe(one);
    expect(memory.drawnFor(found, 0)).toBeUndefined();
  },
);
