import { expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../../programs.js';
import { TINY_SHAPE, tinyRecipe } from '../../../testing/tiny-training.js';
import { cpu } from './cpu.js';

const recipe = tinyRecipe();
const { train, evaluate } = buildPrograms(recipe, TINY_SHAPE);
const prepare = (programs: Parameters<typeof cpu.prepare>[0]) =>
  cpu.prepare(programs, initialState(buildPrograms(recipe, TINY_SHAPE), recipe.seed), 1);

it('divides the one program that trains', () => {
  expect(prepare({ evaluate, train }).step?.name).toBe('train');
  expect(prepare({ evaluate }).step).toBeUndefined();
});

it('leaves programs whole where two change the state, of which each would have memory of its own', () => {
  expect(prepare({ train, again: train }).step).toBeUndefined();
});
