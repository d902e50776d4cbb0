import { expect, it } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import { adviseFinite } from './advise-finite.js';

const clipped = { type: 'sgd', learningRate: 1, clipNorm: 1 };

it.each([
  [
    { optimizer: { type: 'sgd', learningRate: 1 } },
    'Lower the learning rate or set "clipNorm" in the optimizer.',
  ],
  [{ optimizer: clipped }, 'Lower the learning rate.'],
])('blames the rate after an update: %j', (changes, advice) => {
  expect(adviseFinite(tinyRecipe(changes), 1)).toBe(advice);
});

it('blames what there is beside the rate where no update was made', () => {
  const start = 'No update was made before it, so another learning rate cannot help: ';
  const [data, layers] = [
    'scale the data, whose values vae-train inspect shows',
    'or take fewer or narrower layers.',
  ];
  expect(adviseFinite(tinyRecipe(), 0)).toBe(`${start}${data}, ${layers}`);
  const recipe = tinyRecipe({
    likelihood: { type: 'gaussian', variance: 1e-12 },
    objective: { type: 'betaVae', beta: 1e38 },
    precision: 'float16',
  });
  expect(adviseFinite(recipe, 0)).toBe(
    `${start}leave out "precision": "float16", ${data}, make the "variance" of the likelihood larger, ` +
      `make the "beta" of the objective smaller, ${layers}`,
  );
});
