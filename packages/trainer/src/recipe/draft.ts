import { parseRecipe, type Recipe, type RecipeInput, type Spec } from './recipe.js';

export interface Draft {
  readonly name: string;
  /** The data set's spec, and the extents of one sample: [C, H, W] or [D]. */
  readonly source: string;
  readonly shape: readonly number[];
  /** Lowest and highest value; [0, 1] when left out, null for any finite number. */
  readonly range?: readonly [low: number, high: number] | null;
  readonly latent: number;
  readonly epochs: number;
  readonly objective?: RecipeInput['objective'];
  /** Threshold for black and white pictures; grey values as they are without it. */
  readonly binarize?: RecipeInput['data']['binarize'];
}

type Networks = Pick<RecipeInput['model'], 'encoder' | 'decoder'>;

const MAX_LEVELS = 5;
const MAX_FILTERS = 256;
/** Halving stops where a side would get shorter than this. */
const LEAST_SIDE = 4;

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
function convolutional(shape: readonly number[]): Networks {
  const sizes = halvings(shape);
  const filters = sizes.slice(1).map((_, level) => Math.min(32 * 2 ** level, MAX_FILTERS));
  const window = { kernel: 4, stride: 2, padding: 1 };
  const down = filters.flatMap((count): (Spec | string)[] => [
    { type: 'conv2d', filters: count, ...window },
    'relu',
  ]);
  const [height, width] = sizes.at(-1)!;
  const deepest = filters.at(-1)!;
  const up = filters.map((_, i): Spec => {
    const level = filters.length - 1 - i;
    const outputPadding = sizes[level].map((side) => side % 2);
    return { type: 'conv2dTranspose', filters: filters[level - 1] ?? 'channels', ...window, outputPadding };
  });
  return {
    encoder: [...down, 'flatten', { type: 'dense', units: 256 }, 'relu'],
    decoder: [
      { type: 'dense', units: 256 },
      'relu',
      { type: 'dense', units: deepest * height * width },
      'relu',
      { type: 'reshape', shape: [deepest, height, width] },
      ...up.flatMap((layer, i) => (i < up.length - 1 ? [layer, 'relu'] : [layer])),
    ],
  };
}

function dense(shape: readonly number[]): Networks {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const units = Math.min(Math.max(2 ** Math.ceil(Math.log2(size)), 32), 512);
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
 * A recipe to begin with: networks by the shape of the data, Adam, and a tenth of the data kept back.
 *
 * @example draftRecipe({ name: 'photos', source: 'images:photos?size=64', shape: [3, 64, 64], latent: 32, epochs: 20 })
 */
export function draftRecipe(draft: Draft): Recipe {
  const { name, source, shape, range = [0, 1], latent, epochs, objective, binarize } = draft;
  const isUnit = range !== null && range[0] >= 0 && range[1] <= 1;
  const isImage = shape.length === 3 && Math.min(shape[1], shape[2]) >= 2 * LEAST_SIDE;
  return parseRecipe(
    {
      name,
      data: { source, validation: 0.1, ...(binarize !== undefined && { binarize }) },
      model: { latent, ...(isImage ? convolutional(shape) : dense(shape)) },
      // A Bernoulli likelihood is for values from 0 to 1 alone.
      likelihood: isUnit ? 'bernoulli' : { type: 'gaussian', variance: 'learned' },
      ...(objective !== undefined && { objective }),
      optimizer: { type: 'adam', learningRate: 1e-3 },
      batch: 64,
      epochs,
    } satisfies RecipeInput,
    'the drafted recipe',
  );
}
