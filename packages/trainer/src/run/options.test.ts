import { expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { train } from './train.js';
import type { TrainOptions } from './types.js';

const refused = (changes: Readonly<Record<string, unknown>>) =>
  train({
    recipe: tinyRecipe(),
    dataset: tinyDataset(),
    engine: 'reference',
    // No folder can be made here: what is not refused fails in another way.
    out: '/proc/none',
    ...changes,
  } as TrainOptions);

const whole = 'expected a whole number of at least 1';

it.each([
  [{ threads: 0 }, `threads is 0, ${whole}.`],
  [{ threads: 1.5 }, `threads is 1.5, ${whole}.`],
  [{ threads: -1 }, `threads is -1, ${whole}.`],
  [{ steps: 1.5 }, `steps is 1.5, ${whole}; `],
  [{ steps: Number.NaN }, `steps is NaN, ${whole}; `],
  [
    { steps: Number.POSITIVE_INFINITY, timeLimit: 2 },
    `steps is Infinity, ${whole}; where timeLimit is to end the run, one that is not reached, such as 1e9.`,
  ],
  [{ checkpointEvery: 0 }, `checkpointEvery is 0, ${whole}.`],
  [{ keepEvery: '3' }, `keepEvery is "3", ${whole}.`],
  [{ logEvery: null }, `logEvery is null, ${whole}.`],
  [{ timeLimit: Number.NaN }, 'timeLimit is NaN, expected seconds, a number of at least 0.'],
  [{ timeLimit: -1 }, 'timeLimit is -1, expected seconds, a number of at least 0.'],
  [{ engine: 'nope' }, 'engine is "nope", expected one of ort, tfjs, reference.'],
  [{ engine: 'toString' }, 'engine is "toString", expected one of ort, tfjs, reference.'],
  [{ device: 'gpu' }, 'device is "gpu", expected one of auto, cpu, cuda, webgpu.'],
  [{ exportVia: 'nope' }, 'exportVia is "nope", expected one of native, tf2onnx.'],
  [{ out: undefined }, 'out is undefined, expected the path of a folder as text.'],
  [{ out: new URL('file:///tmp/run') }, 'out is [object URL], expected the path of a folder as text.'],
  [{ signal: {} }, 'signal is [object Object], expected an AbortSignal.'],
  [{ signal: null }, 'signal is null, expected an AbortSignal.'],
  [{ events: null }, 'events is null, expected an object of functions, of the names onStart, '],
  [{ events: { onStep: true } }, 'events is [object Object], expected an object of functions, '],
  [{ log: 'tensorboard' }, 'log is "tensorboard", expected a list of texts, such as ["tensorboard"].'],
  [{ resume: 'no' }, 'resume is "no", expected true or false.'],
  [{ recipe: 'seed-mlp' }, 'recipe is "seed-mlp", expected a recipe, such as loadRecipe gives.'],
  [{ dataset: null }, 'dataset is null, expected a data set, such as openDataset gives.'],
  [{ stpes: 3 }, 'there is no option "stpes". Did you mean "steps"? Known: recipe, '],
  [{ unrelated: 3 }, 'there is no option "unrelated". Known: recipe, '],
])('%o is refused before anything is done', async (changes, message) => {
  await expect(refused(changes)).rejects.toMatchObject({
    name: 'TrainerError',
    code: 'bad-option',
    message: expect.stringContaining(`train: ${message}`),
  });
});

it('is refused where there are none at all', async () => {
  await expect(train(undefined as unknown as TrainOptions)).rejects.toThrow(
    'train: the options are undefined, expected an object.',
  );
});

it.each([
  [{ batch: 0 }, '"batch" is 0'],
  [{ epochs: 1.5 }, '"epochs" is 1.5'],
  [{ optimizer: undefined }, '"optimizer" is missing'],
])('a recipe with %o is refused as one in a file is', async (changes, message) => {
  await expect(
    refused({ recipe: { ...tinyRecipe(), ...(changes as Partial<Recipe>) } }),
  ).rejects.toMatchObject({
    code: 'bad-recipe',
    message: expect.stringContaining(`train: recipe: ${message}`),
  });
});
