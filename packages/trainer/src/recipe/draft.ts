import { sizeOf } from '../graph/shape.js';
import { parseRecipe, type Recipe, type RecipeInput, type Spec } from './recipe.js';

export interface Draft {
  readonly name: string;
  /** The data set's spec, and the extents of one sample: [C, H, W] or [D]. */
  readonly source: string;
  readonly shape: readonly number[];
  /** Samples to train on; thousands when left out. */
  readonly samples?: number;
  /** Lowest and highest value; [0, 1] when left out, null for any finite number. */
  readonly range?: readonly [low: number, high: number] | null;
  readonly latent: number;
  /** The networks are given the class of a sample. */
  readonly conditional?: boolean;
  /** One of the two lengths at least; of both it is the steps that count. */
  readonly epochs?: number;
  readonly steps?: number;
  readonly objective?: RecipeInput['objective'];
  /** Threshold for black and white pictures; grey values as they are without it. */
  readonly binarize?: RecipeInput['data']['binarize'];
}

type Networks = Pick<RecipeInput['model'], 'encoder' | 'decoder'>;

const MAX_LEVELS = 5;
const MAX_FILTERS = 256;
/** Halving stops where a side would get shorter than this. */
const LEAST_SIDE = 4;
const MAX_BATCH = 128;
/** Share of the training samples kept back to judge by. */
const HELD_BACK = 0.1;
const MAX_LATENT = 16;
const LEAST_UNITS = 64;
const MAX_UNITS = 512;
const LEAST_EPOCHS = 20;
/** Adam needs that many updates however few the samples are; a step on pictures costs far more than one on rows. */
const LEAST_STEPS = { rows: 3000, pictures: 1000 };

/** Fewer samples than this are soon known by heart, whatever the networks. */
export const FEW_SAMPLES = 200;
const MANY_SAMPLES = 2000;

/** Width of the networks as a share of that for thousands of samples: few samples train few weights. */
const shareFor = (samples: number): number =>
  samples < FEW_SAMPLES ? 0.25 : samples < MANY_SAMPLES ? 0.5 : 1;

/** The largest power of two up to 128 of which the training samples make four batches at least. */
const batchFor = (samples: number): number =>
  2 ** Math.floor(Math.log2(Math.max(1, Math.min(MAX_BATCH, samples / 4))));

const heldBack = (samples: number): number => Math.round(HELD_BACK * samples);

const isPicture = (shape: readonly number[]): boolean =>
  shape.length === 3 && Math.min(shape[1], shape[2]) >= 2 * LEAST_SIDE;

/** A latent size to begin with: half the numbers of a sample at most, so that the code is shorter than what it codes. */
export const latentFor = (shape: readonly number[]): number =>
  Math.min(Math.max(1, Math.floor(sizeOf(shape) / 2)), MAX_LATENT);

/** Epochs to begin with: at least 20, and as many as make the least steps (two significant digits). */
export function epochsFor({ shape, samples }: Pick<Draft, 'shape' | 'samples'>): number {
  if (samples === undefined) return LEAST_EPOCHS;
  const epochs = LEAST_STEPS[isPicture(shape) ? 'pictures' : 'rows'] / stepsFor(samples);
  return Math.max(LEAST_EPOCHS, Math.round(Number(epochs.toPrecision(2))));
}

/** Steps of an epoch of the drafted recipe. */
export function stepsFor(samples: number): number {
  const left = samples - heldBack(samples);
  return Math.ceil(left / batchFor(left));
}

/**
 * A limit that ordinary updates stay below: the loss is a sum over the numbers of a sample, and so the norm of its
 * gradient grows with them. One significant digit.
 */
const clipFor = (size: number): number => Number(Math.max(10, size).toPrecision(1));

/** Heights and widths from the data down, each half of the one before. */
function halvings([, height, width]: readonly number[]): [number, number][] {
  const sizes: [number, number][] = [[height, width]];
  while (sizes.length <= MAX_LEVELS) {
    const next = sizes.at(-1)!.map((side) => Math.floor(side / 2)) as [number, number];
    if (Math.min(...next) < LEAST_SIDE) break;
    sizes.push(next);
  }
  return sizes;
}

/**
 * Windows of 4 with stride 2 and one pixel of padding: exactly half on the way down, and on the way up every output pixel
 * is reached by as many windows, so that no checkerboard shows (Odena et al. 2016).
 */
function convolutional(shape: readonly number[], share: number): Networks {
  const sizes = halvings(shape);
  const filters = sizes.slice(1).map((_, level) => Math.min(32 * 2 ** level, MAX_FILTERS) * share);
  const window = { kernel: 4, stride: 2, padding: 1 };
  const down = filters.flatMap((count): (Spec | string)[] => [
    { type: 'conv2d', filters: count, ...window },
    'relu',
  ]);
  const [height, width] = sizes.at(-1)!;
  const deepest = filters.at(-1)!;
  const units = 256 * share;
  const up = filters.map((_, i): Spec => {
    const level = filters.length - 1 - i;
    const odd = sizes[level].map((side) => side % 2);
    const outputPadding = odd[0] === odd[1] ? odd[0] : odd;
    return {
      ...{ type: 'conv2dTranspose', filters: filters[level - 1] ?? 'channels', ...window },
      ...(outputPadding !== 0 && { outputPadding }),
    };
  });
  return {
    encoder: [...down, 'flatten', { type: 'dense', units }, 'relu'],
    decoder: [
      { type: 'dense', units },
      'relu',
      { type: 'dense', units: deepest * height * width },
      'relu',
      { type: 'reshape', shape: [deepest, height, width] },
      ...up.flatMap((layer, i) => (i < up.length - 1 ? [layer, 'relu'] : [layer])),
    ],
  };
}

/** Four times as wide as the data: fewer units than 64 learn a curved table badly, also where its rows are few. */
function dense(shape: readonly number[], share: number): Networks {
  const fitting = 2 ** Math.ceil(Math.log2(4 * sizeOf(shape)));
  const units = Math.max(LEAST_UNITS, Math.min(fitting, MAX_UNITS) * share);
  return {
    encoder: [
      ...(shape.length > 1 ? ['flatten'] : []),
      { type: 'dense', units },
      'relu',
      { type: 'dense', units: units / 2 },
      'relu',
    ],
    decoder: [
      { type: 'dense', units: units / 2 },
      'relu',
      { type: 'dense', units },
      'relu',
      { type: 'dense', units: 'data' },
    ],
  };
}

/**
 * A recipe to begin with, as a person would write it, without what is the same by default: networks by the shape of
 * the data and their number, a batch of a quarter of the data at most, Adam, and a tenth of the data kept back.
 *
 * @returns a recipe that `parseRecipe` takes
 * @example draftInput({ name: 'photos', source: 'images:photos?size=64', shape: [3, 64, 64], latent: 32, epochs: 20 })
 */
export function draftInput(draft: Draft): RecipeInput {
  const { name, source, shape, range = [0, 1], latent, epochs, steps, objective, binarize } = draft;
  const { conditional = false } = draft;
  const { samples = 10 * MANY_SAMPLES } = draft;
  const isUnit = range !== null && range[0] >= 0 && range[1] <= 1;
  const held = heldBack(samples);
  const networks = (isPicture(shape) ? convolutional : dense)(shape, shareFor(samples));
  return {
    name,
    data: { source, ...(held > 0 && { validation: HELD_BACK }), ...(binarize !== undefined && { binarize }) },
    model: { latent, ...(conditional && { conditional }), ...networks },
    // A Bernoulli likelihood, the default, is for values from 0 to 1 alone.
    ...(!isUnit && { likelihood: { type: 'gaussian', variance: 'learned' } }),
    ...(objective !== undefined && objective !== 'elbo' && { objective }),
    optimizer: { type: 'adam', learningRate: 1e-3, clipNorm: clipFor(sizeOf(shape)) },
    batch: batchFor(samples - held),
    ...(epochs !== undefined && { epochs }),
    ...(steps !== undefined && { steps }),
    seed: 0,
  };
}

/** The recipe of `draftInput`, checked, with its defaults filled in. */
export const draftRecipe = (draft: Draft): Recipe => parseRecipe(draftInput(draft), 'the drafted recipe');
