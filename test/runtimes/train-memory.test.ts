import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { node, root, withFolder } from '../support/project.js';

const script = `
  const { loadRecipe, openDataset, train } = await import(process.argv[2]);
  const recipe = await loadRecipe('recipe.json');
  const dataset = await openDataset('digits', { seed: recipe.seed });
  await train({ recipe, dataset, out: 'run', steps: 4, threads: 2 });
  console.log(1024 * process.resourceUsage().maxRSS);
`;

/** The most bytes that a whole run held: training, checkpoint and export of two layers each way. */
const peakOf = (units: number): Promise<number> =>
  withFolder(async (cwd) => {
    const recipe = JSON.parse(await readFile(join(root, 'models/seed-mlp/recipe.json'), 'utf8'));
    const layers = [{ type: 'dense', units }, 'relu', { type: 'dense', units }, 'relu'];
    recipe.model.encoder = ['flatten', ...layers];
    recipe.model.decoder = [...layers, { type: 'dense', units: 'data' }];
    await writeFile(join(cwd, 'recipe.json'), JSON.stringify({ ...recipe, batch: 16 }));
    await writeFile(join(cwd, 'main.mjs'), script);
    const outcome = await node(['main.mjs', join(root, 'packages/trainer/dist/index.js')], { cwd });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    return Number(outcome.stdout.trim().split('\n').at(-1));
  });

it('a run holds a large network some times, each part as often as it is needed', async () => {
  const units = 2500;
  // Bytes of the four large matrices.
  const weights = 4 * 2 * (784 + units) * units;
  const more = (await peakOf(units)) - (await peakOf(8));
  // Weights, gradients and Adam's two moments are 4, the state that a checkpoint is written from 3, an exported file with its
  // sessions 3 or 4. What is free by then is not all found at once.
  expect(more / weights).toBeLessThan(17);
  expect(more / weights).toBeGreaterThan(4);
});
