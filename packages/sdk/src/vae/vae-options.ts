import type { Tiling } from '../coder/coder.js';
import type { DataInput, Fitting, Scaling } from '../coder/data-batch.js';
import type { LabelInput } from '../coder/labels.js';
import type {
  InterpolateGridOptions,
  InterpolateOptions as InterpolateLatents,
  InterpolatePathOptions,
  PriorSampleOptions,
  SimilarOptions as SimilarLatents,
  TraverseOptions as TraverseLatents,
} from '../latent/index.js';
import type { AnomalyScoreOptions, PosteriorDrawOptions } from '../likelihood/index.js';
import type { Stream } from '../stream.js';
import type { ArrayInput } from '../tensor.js';

export interface Stoppable {
  /** Checked before each run of at most 256 items; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Tileable {
  /** Run overlapping tiles and blend them, for images that are too large to run whole. */
  readonly tile?: Tiling;
}

export interface Labelled {
  /**
   * For conditional models (`vae.labels`): the class of all items by number or name, or a list of one for each, or vectors of
   * conditions, [1, K] for all or [N, K]. Over a stream a list goes on from batch to batch. Of verbs that decode it is what
   * is decoded; of `similar` that of each item that went in, for all its neighbours.
   */
  readonly label?: LabelInput;
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
  /**
   * Labels of the data, for encoders that take them; in the order of the data, where there are several. Left out, they have
   * the `label` that all results get.
   */
  readonly fromLabel?: LabelInput;
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

export interface EncodeOptions extends Stoppable, Fitting, Scaling, Tileable, Labelled {}

export interface DecodeOptions extends Stoppable, Scaling, Tileable, Labelled {
  /** Give the likelihood's logits instead of the expected value. */
  readonly logits?: boolean;
}

export interface SampleOptions extends PriorSampleOptions, Stoppable, Labelled {
  /** 'prior' (default), or the 'mixture' that was fitted to the training data, where the model holds one. */
  readonly sampler?: 'prior' | 'mixture';
  /** Shape of one latent, for models that take any size, such as [4, 32, 32]. */
  readonly shape?: readonly number[];
}

export interface SimilarOptions extends SimilarLatents, Stoppable, From, Labelled {}

export interface InterpolateOptions extends InterpolateLatents, Stoppable, From, Labelled {}

export interface PathOptions extends InterpolatePathOptions, Stoppable, From, Labelled {}

export interface GridOptions extends InterpolateGridOptions, Stoppable, From, Labelled {}

export interface TraverseOptions extends TraverseLatents, Stoppable, From, Labelled {}

export interface ArithmeticOptions extends Stoppable, From, Labelled {}

export interface AnomalyOptions extends AnomalyScoreOptions, Stoppable, Fitting, Labelled {}

export interface LogLikelihoodOptions extends PosteriorDrawOptions, Stoppable, Fitting, Labelled {}
