import { expect, it } from 'vitest';
import { meaningOf } from './names.js';

it.each([
  ['mu', 'mean'],
  ['MU', 'mean'],
  ['encoder/z_mean/BiasAdd:0', 'mean'],
  ['latent-mu', 'mean'],
  ['q_loc', 'mean'],
  ['x_mean', 'mean'],
  ['log.var', 'logvar'],
  ['logvar_layer', 'logvar'],
  ['z_log_var_2', 'logvar'],
  ['stddev', 'std'],
  ['latent_parameters', 'moments'],
  ['z', 'code'],
  ['sampling_1', 'code'],
  ['latent_sample', 'code'],
  ['dec_logits', 'logits'],
  ['x_hat', 'data'],
  ['reconstruction', 'data'],
])('%s means %s', (name, meaning) => {
  expect(meaningOf(name)).toBe(meaning);
});

// Deviation, its logarithm and variance differ by a square or a factor, so such names are left to the caller.
it.each([
  'sigma2',
  'log_sigma',
  'log_std',
  'var',
  'variance',
  'precision',
  'output',
  'Identity:0',
  '',
  '///',
  'muon',
])('%j says nothing', (name) => {
  expect(meaningOf(name)).toBeUndefined();
});
