import type { PooledRuntimeOptions } from '../workers/pooled-runtime.js';
import type { OpenOptions } from './model-source.js';

export interface LoadOptions extends OpenOptions, Omit<PooledRuntimeOptions, 'modelBytes'> {}

/** Names of those that say what a model without a manifest is like. `externalData` is a permission, which any may be given. */
export const foreignOptions = [
  'layout',
  'output',
  'latent',
  'range',
  'likelihood',
  'labels',
  'name',
] as const;

/** Their names, for the refusal of others. */
export const loadOptions = [
  ...['device', 'threads', 'worker', 'wasm', 'ort'],
  ...['signal', 'onProgress', 'timeout', 'maxBytes', 'fetch', 'cache', 'hub'],
  ...foreignOptions,
  'externalData',
] as readonly (keyof LoadOptions)[];
