import { expect, it } from 'vitest';
import { buildPrograms, initialState } from '../programs.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { evaluate } from './evaluate.js';

it('judging a part of the data gives the mean over all samples with the same draws each time, whatever their number', async () => {
  const recipe = tinyRecipe();
  const programs = buildPrograms(recipe, TINY_SHAPE);
  const compiled = await inThreadOrt.compile({ evaluate: programs.evaluate }, initialState(programs, 0));
  const split = tinyDataset({ train: 450 }).train;
  const options = { program: programs.evaluate, split, itemSize: 64, binarize: 0.5, seed: 0 };
  const whole = await evaluate(compiled, options, { step: 0 });
  expect(await evaluate(compiled, options, { step: 9 })).toEqual(whole);
  expect(whole.samples).toBe(450);
  const [first, rest] = [
    await evaluate(compiled, options, { step: 0, limit: 7 }),
    await evaluate(compiled, options, { step: 0, limit: 449 }),
  ];
  expect([first.samples, rest.samples]).toEqual([7, 449]);
  const { bound } = await evaluate(compiled, { ...options, split: { ...split, size: 450 } }, { step: 0 });
  expect(bound).toBe(whole.bound);
  // The last sample alone is what is missing from the mean of the others.
  const alone = 450 * whole.loss! - 449 * rest.loss!;
  expect(alone).toBeGreaterThan(10);
  expect(alone).toBeLessThan(100);
  expect(whole.standardError).toBeGreaterThan(0);
  await compiled.dispose();
});
