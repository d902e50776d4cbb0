import type { Recipe } from '../recipe/recipe.js';

const conv = (filters: number, options: object = {}) => ({
  type: 'conv2d',
  filters,
  kernel: 3,
  stride: 1,
  padding: 'same',
  bias: true,
  ...options,
});
const groupNorm = (groups: number) => ({ type: 'groupNorm', groups, epsilon: 1e-5 });
const dense = (units: number) => ({ type: 'dense', units, bias: true });

/** Networks with what no shipped recipe has: residual blocks and normalisations, for pictures of 28 × 28. */
export const normalisedModel: Recipe['model'] = {
  latent: 2,
  heads: 'joint',
  init: 'glorotUniform',
  encoder: [
    conv(16, { stride: 2 }),
    {
      type: 'residual',
      layers: [groupNorm(4), { type: 'silu' }, conv(32, { stride: 2 })],
      shortcut: [conv(32, { kernel: 1, stride: 2 })],
    },
    { type: 'flatten' },
    dense(32),
    { type: 'layerNorm', epsilon: 1e-5 },
    { type: 'silu' },
  ],
  decoder: [
    dense(1568),
    { type: 'reshape', shape: [32, 7, 7] },
    { type: 'residual', layers: [groupNorm(1), { type: 'silu' }, conv(32)] },
    { ...conv(0, { kernel: 4, stride: 4, padding: 'valid' }), type: 'conv2dTranspose', filters: 'channels' },
  ],
};
