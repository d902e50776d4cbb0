import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { datasetShape, loadRecipe } from '@vae/trainer';
import { expect, it } from 'vitest';
import { planOf } from './work/plan.mjs';

const folder = fileURLToPath(new URL('recipes/', import.meta.url));

it.each(readdirSync(folder))('%s is a network that peers can build', async (file) => {
  const recipe = await loadRecipe(folder + file);
  expect(file).toBe(`${recipe.name}.json`);
  const shape = datasetShape(recipe.data.source);
  const plan = planOf(recipe, shape);
  expect(plan.shape).toEqual(shape);
  expect(plan.encoder.length).toBe(recipe.model.encoder.length);
});
