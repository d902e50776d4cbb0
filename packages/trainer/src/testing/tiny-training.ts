import { uniform } from '@vae/sdk/random';
import type { Dataset, Split } from '../data/dataset.js';
import { parseRecipe, type Recipe, type RecipeInput } from '../recipe/recipe.js';

/** Channels, height and width of the pictures below. */
export const TINY_SHAPE = [1, 8, 8] as const;

/** A dense VAE for 8×8 pictures that trains in milliseconds. */
export const tinyRecipe = (changes: Partial<RecipeInput> = {}): Recipe =>
  parseRecipe(
    {
      name: 'tiny',
      data: { source: 'digits', binarize: 0.5 },
      model: {
        latent: 2,
        encoder: ['flatten', { type: 'dense', units: 12 }, 'tanh'],
        decoder: [{ type: 'dense', units: 12 }, 'tanh', { type: 'dense', units: 'data' }],
      },
      optimizer: { type: 'adam', learningRate: 0.01 },
      batch: 8,
      epochs: 2,
      seed: 3,
      ...changes,
    },
    'tiny',
  );

/** The networks of that recipe, given the class. */
export const conditional: RecipeInput['model'] = {
  latent: 2,
  conditional: true,
  encoder: ['flatten', { type: 'dense', units: 12 }, 'tanh'],
  decoder: [{ type: 'dense', units: 12 }, 'tanh', { type: 'dense', units: 'data' }],
};

/** Every kind of layer in one small VAE for 8×8 pictures: dropout, both convolutions, norms, residuals, all activations. */
export const everyLayer: RecipeInput['model'] = {
  latent: 3,
  encoder: [
    { type: 'conv2d', filters: 3, kernel: 3, stride: 2, padding: 'same' },
    'relu',
    { type: 'conv2d', filters: 4, kernel: [3, 2], stride: 1, padding: [1, 0, 1, 1] },
    'silu',
    { type: 'dropout', keep: 0.8 },
    {
      type: 'residual',
      layers: [
        { type: 'groupNorm', groups: 2 },
        'silu',
        { type: 'conv2d', filters: 4, kernel: 3, padding: 'same' },
      ],
    },
    { type: 'conv2d', filters: 4, kernel: 2, padding: 'valid', bias: false },
    'elu',
    'flatten',
    { type: 'dense', units: 10, init: 'heNormal' },
    'layerNorm',
    'gelu',
  ],
  decoder: [
    { type: 'dense', units: 16 },
    { type: 'leakyRelu', alpha: 0.2 },
    { type: 'reshape', shape: [4, 2, 2] },
    {
      type: 'residual',
      layers: ['layerNorm', { type: 'conv2dTranspose', filters: 3, kernel: 3, stride: 2, padding: 'same' }],
      shortcut: [{ type: 'conv2dTranspose', filters: 3, kernel: 2, stride: 2 }],
    },
    { type: 'groupNorm', groups: 1 },
    'softplus',
    { type: 'conv2dTranspose', filters: 3, kernel: 3, stride: 2, padding: 1, outputPadding: 1 },
    'tanh',
    { type: 'conv2dTranspose', filters: 'channels', kernel: 1, padding: 'valid' },
    'sigmoid',
  ],
};

/** More parameters than a small dense network has, 1.1 million: its batch is halved from 128 samples on. */
export const largeDense: RecipeInput['model'] = {
  latent: 2,
  encoder: ['flatten', { type: 'dense', units: 8192 }, 'relu'],
  decoder: [{ type: 'dense', units: 8192 }, 'relu', { type: 'dense', units: 'data' }],
};

const PIXELS = 64;

/** Pictures of one grey bar each, made from their index. */
function bars(stream: string, size: number): Split {
  const picture = (index: number): Float32Array => {
    const [place, way, grey] = uniform({ seed: 5, stream, index }, 3);
    const line = Math.floor(place * 8);
    return Float32Array.from({ length: PIXELS }, (_, i) => {
      const across = way < 0.5 ? Math.floor(i / 8) : i % 8;
      return across === line ? 0.6 + 0.4 * grey : 0.2 * grey;
    });
  };
  return {
    size,
    read: (indices, out) =>
      Array.from(indices).forEach((index, row) => void out.set(picture(index), row * PIXELS)),
    label: (index) => index % 2,
  };
}

/** A data set of 8×8 pictures in memory; 44 samples make five batches of 8 and a short one of 4. */
export const tinyDataset = ({ train = 44, test = 20 }: { train?: number; test?: number } = {}): Dataset => ({
  name: 'bars',
  kind: 'image',
  shape: TINY_SHAPE,
  classes: ['even', 'odd'],
  train: bars('train', train),
  ...(test > 0 && { test: bars('test', test) }),
  source: 'made by a test',
});
