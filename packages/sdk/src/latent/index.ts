export type { ArrayInput, Tensor } from '../tensor.js';
export { type InterpolateOptions, interpolate } from './interpolate.js';
export { type ManifoldOptions, manifold } from './manifold.js';
export { normalQuantile } from './normal-quantile.js';
export { type PriorSampleOptions, priorSample } from './prior-sample.js';
export { type Posterior, type ReparameterizeOptions, reparameterize } from './reparameterize.js';
export { type TraverseOptions, traverse } from './traverse.js';
