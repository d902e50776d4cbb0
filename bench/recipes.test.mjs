import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { datasetShape, loadRecipe } from '@vae/trainer';
import { expect, it } from 'vitest';
import { planOf } from './work/plan.mjs';

const folder = fileURLToPath(new URL('recipes/', import.meta.url));

it.each(readdirSync(folder))('%s is a network that peers can build', async (file) => {
  const recipe = await loadRecipe(folder + file);
  expect(file).toBe(`${recipe.name}.json`);
  const plan = planOf(recipe, datasetShape(recipe.data.source));
  // The decoder ends with what the data has.
  expect(plan.shape).toEqual(datasetShape(recipe.data.source));
  expect(plan.encoder.length).toBe(recipe.model.encoder.length);
});
