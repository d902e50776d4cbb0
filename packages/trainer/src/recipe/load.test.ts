import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { datasetShape, openDataset } from '../data/open.js';
import type { TrainerError } from '../errors.js';
import { buildPrograms, initialState } from '../programs.js';
import { makeFeeds } from '../run/feeder.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { loadRecipe, shippedRecipes } from './load.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-recipes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string | Uint8Array): Promise<string> => {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
};
const text = JSON.stringify(tinyRecipe());

describe('loading a recipe', () => {
  it('by file, by folder and as a module gives the same', async () => {
    const file = await write('any-name.json', text);
    await write('as-folder/recipe.json', text);
    const js = await write('module.mjs', `export default ${text};`);
    await write('as-module/recipe.mjs', `const batch = 2 * 4; export default { ...${text}, batch };`);
    const found = [file, join(folder, 'as-folder'), js, join(folder, 'as-module')].map((word) =>
      loadRecipe(word),
    );
    for (const recipe of await Promise.all(found)) expect(recipe).toEqual(tinyRecipe());
  });

  it('takes a byte order mark', async () => {
    expect(await loadRecipe(await write('marked.json', `\ufeff${text}`))).toEqual(tinyRecipe());
  });

  it('by name finds a shipped one', async () => {
    expect((await loadRecipe('seed-cvae')).name).toBe('seed-cvae');
    expect(shippedRecipes()).toEqual(
      expect.arrayContaining(['seed-ae', 'seed-cvae', 'seed-keras', 'seed-mlp']),
    );
  });

  it.each([
    [
      'seed-cvea',
      /^seed-cvea: no such recipe file, folder or name\. Did you mean "seed-cvae"\? Shipped: .*seed-mlp/,
    ],
    ['nothing-like-it', /^nothing-like-it: no such recipe file, folder or name\. Shipped: /],
    ['../models/seed-cvae-nope', /no such recipe/],
  ])('refuses the word %s', async (word, message) => {
    await expect(loadRecipe(word)).rejects.toMatchObject({
      code: 'bad-recipe',
      message: expect.stringMatching(message),
    });
  });

  it('suggests the nearest file or folder where the word points to', async () => {
    await write('near/mine.json', text);
    await write('near/other.ts', `export default ${text};`);
    await write('near/notes.txt', 'x');
    await write('near/as-folder/recipe.json', text);
    const suggested = async (word: string) => {
      const error = await loadRecipe(word).catch((thrown: Error) => thrown);
      expect((error as TrainerError).code).toBe('bad-recipe');
      return /Did you mean "([^"]*)"/.exec((error as Error).message)?.[1];
    };
    const near = join(folder, 'near');
    expect(await suggested(join(near, 'mien.json'))).toBe(join(near, 'mine.json'));
    expect(await suggested(join(near, 'mine'))).toBe(join(near, 'mine.json'));
    expect(await suggested(join(near, 'mine.jsno'))).toBe(join(near, 'mine.json'));
    expect(await suggested(join(near, 'othr'))).toBe(join(near, 'other.ts'));
    expect(await suggested(join(near, 'as-foldr'))).toBe(join(near, 'as-folder'));
    expect(await suggested(join(near, 'notes'))).toBeUndefined();
    expect(await suggested(join(folder, 'no-folder', 'mine.json'))).toBeUndefined();
    expect(await suggested('seed-cave')).toBe('seed-cvae');
  });

  it('says what is wrong with a file or folder', async () => {
    const refused = async (path: string, message: RegExp) =>
      await expect(loadRecipe(path)).rejects.toMatchObject({
        name: 'TrainerError',
        code: 'bad-recipe',
        message: expect.stringMatching(message),
      });
    await refused(await write('broken.json', '{ "name": '), /broken\.json: not valid JSON \(/);
    await refused(
      await write('comma.json', '{\n  "name": "a"\n  "batch": 8\n}'),
      /comma\.json: not valid JSON \(.* \(line 3 column 3\)\)\.$/,
    );
    await refused(
      await write('wide.json', Buffer.from(`\ufeff${text}`, 'utf16le')),
      /wide\.json: .* in UTF-8;/,
    );
    await refused(
      await write('throws.mjs', 'throw new Error("oh no")'),
      /throws\.mjs: cannot be loaded \(oh no\)\.$/,
    );
    await refused(await write('empty.mjs', 'export const recipe = 1;'), /empty\.mjs: .+/);
    await refused(
      await write('key.json', text.replace('"batch"', '"bacth"')),
      /key\.json: "bacth" is not a known key\. Did you mean "batch"/,
    );
    await mkdir(join(folder, 'bare'));
    await refused(join(folder, 'bare'), /bare: the folder holds no recipe\.json, recipe\.js/);
  });
});

describe('a recipe module that never settles', () => {
  it('is given up after a while, and says what to do', async () => {
    const file = await write('waits.mjs', `await new Promise(() => {});\nexport default ${text};`);
    await expect(loadRecipe(file, { moduleSeconds: 0.2 })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-recipe',
      message:
        `${file}: did not finish loading within 0.2 s; an "await" at its top level may wait for what never comes. ` +
        'Make the module export its recipe at once, or write the recipe as .json.',
    });
  });

  it('is not one that only takes its time', async () => {
    const wait = 'await new Promise((done) => setTimeout(done, 100));';
    const file = await write('late.mjs', `${wait}\nexport default ${text};`);
    expect((await loadRecipe(file)).name).toBe(JSON.parse(text).name);
  });
});

describe.each(shippedRecipes())('the shipped recipe %s', (name) => {
  it('fits its data, and two steps of training are finite', async () => {
    const recipe = { ...(await loadRecipe(name)), batch: 2 };
    expect(recipe.name).toBe(name);
    const shape = datasetShape(recipe.data.source);
    const [channels, height, width] = shape;
    const dataset: Dataset = await openDataset(`digits:${height}x${width}x${channels}`, { seed: 0 });
    const programs = buildPrograms(recipe, shape, dataset.classes!.length);
    const { train, evaluate } = programs;
    const compiled = await inThreadOrt.compile({ train, evaluate }, initialState(programs, recipe.seed));
    const options = {
      program: train,
      split: dataset.train,
      itemSize: channels * height * width,
      binarize: recipe.data.binarize,
      seed: recipe.seed,
    };
    for (const step of [0, 1]) {
      const feeds = await makeFeeds(options, { step, visit: step, indices: [2 * step, 2 * step + 1] }, 2);
      const terms = await compiled.run('train', feeds);
      expect(
        Object.values(terms)
          .flatMap((values) => [...values])
          .every(Number.isFinite),
      ).toBe(true);
    }
    await compiled.dispose();
  });
});
