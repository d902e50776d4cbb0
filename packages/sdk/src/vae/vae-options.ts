import type { DataInput, Fitting, Scaling } from '../coder/data-batch.js';
import type {
  InterpolateGridOptions,
  InterpolateOptions as InterpolateLatents,
  InterpolatePathOptions,
  PriorSampleOptions,
  SimilarOptions as SimilarLatents,
  TraverseOptions as TraverseLatents,
} from '../latent/index.js';
import type { AnomalyScoreOptions } from '../likelihood/index.js';
import type { OpenOptions } from '../load/model-source.js';
import type { Stream } from '../stream.js';
import type { ArrayInput } from '../tensor.js';
import type { PooledRuntimeOptions } from '../workers/pooled-runtime.js';

export interface LoadOptions extends OpenOptions, Omit<PooledRuntimeOptions, 'modelBytes'> {}

/** Names of those that say what a model without a manifest is like. `externalData` is a permission, which any may be given. */
export const foreignOptions = ['layout', 'output', 'latent', 'range', 'likelihood', 'name'] as const;

/** Their names, for the refusal of others. */
export const loadOptions = [
  ...['device', 'threads', 'worker', 'wasm', 'ort'],
  ...['signal', 'onProgress', 'timeout', 'maxBytes', 'fetch', 'cache', 'hub'],
  ...foreignOptions,
  'externalData',
] as readonly (keyof LoadOptions)[];

export interface Stoppable {
  /** Checked before each run of at most 256 items; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Tiles of a large image, for models with spatial latents. */
export interface Tiling {
  /** Height and width of a tile in pixels of the data: one number, or [height, width]. */
  readonly size: number | readonly [number, number];
  /** Share of a tile that it has in common with the next one, 0 to 0.5; 0.25 when left out. */
  readonly overlap?: number;
}

export interface Tileable {
  /** Run overlapping tiles and blend them, for images that are too large to run whole. */
  readonly tile?: Tiling;
}

/** Items are handed out one by one as they are ready, by an async iterable, instead of all in one batch. */
export interface Streaming {
  readonly stream: true;
}

export interface NotStreaming {
  readonly stream?: false;
}

export interface MaybeStreaming {
  readonly stream?: boolean;
}

/** What latents are made from: latents themselves (default), or data, which is encoded to its means first. */
export interface From extends Fitting {
  readonly from?: 'latent' | 'data';
}

/** Options that say what latents are made from. */
export type Stated<O extends From> = O & Required<Pick<From, 'from'>>;

/** Arguments of verbs over latents: arrays, and images or other data only where the options say so. */
export type Of<O extends From> = [latents: ArrayInput, options?: O] | [data: DataInput, options: Stated<O>];

/** As `Of`, for streams of them. */
export type OfStream<O extends From> =
  | [latents: Stream<ArrayInput>, options?: O]
  | [data: Stream<DataInput>, options: Stated<O>];

/** As `Of`, for verbs over two. */
export type OfTwo<O extends From> =
  | [a: ArrayInput, b: ArrayInput, options?: O]
  | [a: DataInput, b: DataInput, options: Stated<O>];

/** As `Of`, for verbs over three. */
export type OfThree<O extends From> =
  | [a: ArrayInput, b: ArrayInput, c: ArrayInput, options?: O]
  | [a: DataInput, b: DataInput, c: DataInput, options: Stated<O>];

/** As `Of`, where options have to be given. */
export type OfWith<O extends From> =
  | [latents: ArrayInput, options: O]
  | [data: DataInput, options: Stated<O>];

export interface EncodeOptions extends Stoppable, Fitting, Scaling, Tileable {}

export interface DecodeOptions extends Stoppable, Scaling, Tileable {
  /** Give the likelihood's logits instead of the expected value. */
  readonly logits?: boolean;
}

export interface SampleOptions extends PriorSampleOptions, Stoppable {
  /** 'prior' (default), or the 'mixture' that was fitted to the training data, where the model holds one. */
  readonly sampler?: 'prior' | 'mixture';
  /** Shape of one latent, for models that take any size, such as [4, 32, 32]. */
  readonly shape?: readonly number[];
}

export interface SimilarOptions extends SimilarLatents, Stoppable, From {}

export interface InterpolateOptions extends InterpolateLatents, Stoppable, From {}

export interface PathOptions extends InterpolatePathOptions, Stoppable, From {}

export interface GridOptions extends InterpolateGridOptions, Stoppable, From {}

export interface TraverseOptions extends TraverseLatents, Stoppable, From {}

export interface ArithmeticOptions extends Stoppable, From {}

export interface AnomalyOptions extends AnomalyScoreOptions, Stoppable, Fitting {}
