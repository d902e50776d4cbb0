export { errorCodes, isVaeError, VaeError, type VaeErrorCode } from './errors.js';
export type {
  InterpolateOptions,
  Posterior,
  PriorSampleOptions,
  ReparameterizeOptions,
  TraverseOptions,
} from './latent/index.js';
export type { ModelBytes, ModelSource } from './load/model-source.js';
export type { Manifest } from './manifest.js';
export type { Device, OrtModule } from './runtime/index.js';
export type { ArrayInput, NestedArray, NumberArray, Tensor } from './tensor.js';
export {
  type DecodeOptions,
  type EncodeOptions,
  type InterpolateDataOptions,
  type LoadOptions,
  type SampleOptions,
  type TraverseDataOptions,
  VAE,
} from './vae.js';
