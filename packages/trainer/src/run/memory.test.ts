import { expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { requireMemory } from './memory.js';

const shape = [1, 8, 8];

it('lets networks pass that fit, and names the largest part of those that do not', () => {
  expect(() => requireMemory(buildPrograms(tinyRecipe(), shape), shape)).not.toThrow();
  const wide = { type: 'dense', units: 2 ** 22, bias: false };
  const model = { ...tinyRecipe().model, encoder: [{ type: 'flatten' }, wide, wide] };
  const large = buildPrograms({ ...tinyRecipe(), model }, shape);
  expect(() => requireMemory(large, shape)).toThrow(
    /need .* GiB at least.*The largest parameter is encoder\.2-dense\.weight, \[4194304, 4194304\]/,
  );
});
