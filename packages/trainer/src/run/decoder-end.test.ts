import { expect, it } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import { describeDecoderEnd } from './decoder-end.js';

const dense = { type: 'dense', units: 'data' };
const recipe = (likelihood: 'bernoulli' | 'gaussian', ...layers: (string | object)[]) =>
  tinyRecipe({
    likelihood,
    model: { latent: 2, encoder: ['flatten'], decoder: [dense, ...layers] as never },
  });

// σ(1) = 0.731…, σ(−1) = 0.268…
it.each([
  ['sigmoid', 'numbers from 0 to 1', 'numbers from 0.5 to 0.731'],
  ['tanh', 'numbers from -1 to 1', 'numbers from 0.269 to 0.731'],
  ['relu', 'numbers of at least 0', 'numbers from 0.5 to 1'],
  ['softplus', 'numbers of at least 0', 'numbers from 0.5 to 1'],
])('tells that logits are no output of %s', (layer, given, expected) => {
  const told = `The decoder ends with "${layer}", which gives ${given}; the likelihood bernoulli takes them for logits, so that expected values are ${expected} only. Leave that layer out.`;
  expect(describeDecoderEnd(recipe('bernoulli', layer))).toBe(told);
  expect(describeDecoderEnd(recipe('bernoulli', layer, { type: 'reshape', shape: [1, 8, 8] }))).toBe(told);
});

it('compares the mean of a Gaussian with the data', () => {
  const told = (layer: string, range?: readonly [number, number] | null) =>
    describeDecoderEnd(recipe('gaussian', layer), range);
  for (const layer of ['sigmoid', 'tanh', 'relu']) expect(told(layer)).toBeUndefined();
  expect(told('tanh', [-1, 1])).toBeUndefined();
  expect(told('sigmoid', [-1, 1])).toBe(
    'The decoder ends with "sigmoid", which gives numbers from 0 to 1; the data are numbers from -1 to 1. Leave that layer out.',
  );
  expect(told('relu', null)).toBe(
    'The decoder ends with "relu", which gives numbers of at least 0; the data are numbers of any size. Leave that layer out.',
  );
});

it.each([[[]], [['gelu']], [[{ type: 'leakyRelu' }]], [[{ type: 'dropout', keep: 0.5 }]]])(
  'has nothing against %j',
  (layers) => {
    expect(describeDecoderEnd(recipe('bernoulli', ...layers))).toBeUndefined();
    expect(describeDecoderEnd(recipe('gaussian', ...layers), null)).toBeUndefined();
  },
);
