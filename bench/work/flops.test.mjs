import { buildPrograms, parseRecipe } from '@vae/trainer';
import { expect, it } from 'vitest';
import { flopsOf } from './flops.mjs';

const recipe = (encoder, decoder) =>
  parseRecipe(
    {
      name: 'counted',
      data: { source: 'digits' },
      model: { latent: 3, encoder, decoder },
      optimizer: { type: 'adam', learningRate: 0.001 },
      batch: 5,
      epochs: 1,
    },
    'test',
  );

it('counts a dense step: forward, by the weights, and by the inputs where these are not the data', () => {
  const layers = [['flatten', { type: 'dense', units: 7 }], [{ type: 'dense', units: 'data' }]];
  const { train, encode } = buildPrograms(recipe(...layers), [1, 2, 4]);
  // 8 → 7 → (3 means, 3 log-variances); 3 → 8
  const [first, heads, decoder] = [8 * 7, 7 * 6, 3 * 8];
  expect(flopsOf(encode.graph, 1)).toBe(2 * (first + heads));
  expect(flopsOf(train.graph, 5)).toBe(5 * 2 * (2 * first + 3 * heads + 3 * decoder));
});

it('counts convolutions both ways', () => {
  const conv = (type, filters) => ({ type, filters, kernel: 3, stride: 2, padding: 'same' });
  const encoder = [conv('conv2d', 4)];
  const decoder = [
    { type: 'dense', units: 4 * 3 * 2 },
    { type: 'reshape', shape: [4, 3, 2] },
    conv('conv2dTranspose', 1),
  ];
  const { train, encode, decode } = buildPrograms(recipe(encoder, decoder), [1, 6, 4]);
  // 6×4 → 3×2 places with a window of 9 and 4 filters, and the same backwards.
  const [down, heads, dense, up] = [6 * 9 * 4, 24 * 6, 3 * 24, 6 * 9 * 4];
  expect(flopsOf(encode.graph, 1)).toBe(2 * (down + heads));
  expect(flopsOf(decode.graph, 2)).toBe(2 * 2 * (dense + up));
  expect(flopsOf(train.graph, 5)).toBe(5 * 2 * (2 * down + 3 * heads + 3 * dense + 3 * up));
});
