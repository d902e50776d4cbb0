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
  ['log_covariance', 'logvar'],
  ['stddev', 'std'],
  ['z_log_sigma', 'logstd'],
  ['log_std', 'logstd'],
  ['sigma2', 'variance'],
  ['q_var', 'variance'],
  ['latent_parameters', 'moments'],
  ['z', 'code'],
  ['sampling_1', 'code'],
  ['latent_sample', 'code'],
  ['dec_logits', 'logits'],
  ['x_hat', 'data'],
  ['reconstruction', 'data'],
  ['q_z_log_var', 'logvar'],
  ['mu_head', 'mean'],
  ['latentMeanProjection', 'mean'],
  ['encoder/log_sigma_squared_head/Gemm', 'logvar'],
  ['mean_field_encoder/z_log_var/BiasAdd:0', 'logvar'],
  ['sigma2_head', 'variance'],
  ['log_std_proj', 'logstd'],
  ['gaussian_params', 'moments'],
  ['recon_logits', 'logits'],
])('%s means %s', (name, meaning) => {
  expect(meaningOf(name)).toBe(meaning);
});

it.each([
  ...['precision', 'output', 'Identity:0', '', '///', 'muon'],
  // Of two words that disagree neither counts, and a code or data may be a part of any name.
  ...['mean_or_std', 'mean_field/log_var_head/Gemm', 'std_squared', 'image_features', 'sample_rate'],
])('%j says nothing', (name) => {
  expect(meaningOf(name)).toBeUndefined();
});
