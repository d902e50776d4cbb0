export type { Tiling } from './coder/coder.js';
export type { DataInput, Fitting, Scaling } from './coder/data-batch.js';
export type { Label, LabelInput } from './coder/labels.js';
export { errorCodes, isVaeError, VaeError, type VaeErrorCode } from './errors.js';
export type { ForeignLabels } from './foreign/label.js';
export type { ForeignLatent, ForeignOptions } from './foreign/options.js';
export type { ImageInput } from './images/index.js';
export type { DiffusionScaling } from './latent/diffusion-latents.js';
export type {
  Mixture,
  NoiseOptions,
  Posterior,
  PosteriorStatistics,
  ReparameterizeOptions,
} from './latent/index.js';
export type { ModelFiles } from './load/bytes-folder.js';
export type { LoadOptions } from './load/load-options.js';
export type { ModelBytes, ModelHalves, ModelSource, OpenOptions } from './load/model-source.js';
export type { HubOptions, Transfer, TransferProgress } from './load/transfer.js';
export type { Normalization } from './manifest/normalize.js';
export type { ImagePreparation, Manifest } from './manifest/schema.js';
export type { DataSpec, LabelSpec, LatentSpec, LikelihoodSpec } from './model.js';
export type { Device, DeviceName, DeviceReport, OrtModule } from './runtime/types.js';
export type { Stream } from './stream.js';
export type { ArrayInput, NestedArray, NumberArray, Tensor } from './tensor.js';
export { VAE } from './vae/vae.js';
export type * from './vae/vae-options.js';
