import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng, toPicture } from '@vae/sdk/media';
import { buildPrograms, openDataset, parseRecipe } from '@vae/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mnist, node, root, vae, vaeTrain, withFolder } from '../support/project.js';

const page = (path: string) => readFile(join(root, path), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]);

/** The commands of a page that begin with a word, without `npx` and comments. */
const commands = (text: string, word: string): string[][] =>
  blocks(text, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith(`npx ${word} `))
    .map((line) =>
      line
        .split(/\s+/)
        .slice(2)
        .map((word) => word.replace(/^'(.*)'$/, '$1')),
    );

/** Where `mnist:DIR` stands on a page, the drawn digits do where MNIST is not at hand. */
const withData = (words: string[]) =>
  words.map((word) => (word === 'mnist:DIR' ? (mnist ? `mnist:${mnist}` : 'digits') : word));

describe('README.md', async () => {
  const readme = await page('README.md');

  it.each(commands(readme, 'vae').map((words) => [words.join(' '), words]))('vae %s', (_, words) =>
    withFolder(async (folder) => {
      const { test } = await openDataset('digits', { seed: 0 });
      const image = new Float32Array(784);
      const png = async (index: number) => {
        await test!.read([index], image);
        return encodePng(toPicture({ data: image, shape: [1, 28, 28] }));
      };
      await mkdir(join(folder, 'my-digits'));
      for (let i = 0; i < 4; i++) await writeFile(join(folder, 'my-digits', `${i}.png`), await png(i));
      await writeFile(join(folder, 'three.png'), await png(3));
      await writeFile(join(folder, 'eight.png'), await png(8));
      if (words.includes('z.npy') && words[0] === 'decode')
        await node([vae, 'encode', 'mnist-conv', 'my-digits/', '-o', 'z.npy'], { cwd: folder });
      const done = await node([vae, ...withData(words)], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
    }),
  );

  it.each(
    commands(readme, 'vae-train')
      .filter((words) => !words.includes('my-recipe.json') && !words.join().includes('photos'))
      .map((words) => [words.join(' '), words]),
  )('vae-train %s, for two steps', (_, words) =>
    withFolder(async (folder) => {
      const done = await node([vaeTrain, ...withData(words), '--steps', '2', '--out', 'run'], {
        cwd: folder,
      });
      expect(done, done.stderr).toMatchObject({ code: 0 });
    }),
  );
});

describe('a folder of photos', async () => {
  const steps = commands(await page('README.md'), 'vae-train').filter((words) =>
    words.join().includes('photos'),
  );

  it('becomes a model by the commands of README.md, in their order', { timeout: 180_000 }, () =>
    withFolder(async (folder) => {
      expect(steps.map(([first]) => first)).toEqual(['inspect', 'init', 'photos.json']);
      await mkdir(join(folder, 'photos'));
      for (let i = 0; i < 30; i++) {
        const data = Uint8Array.from({ length: 80 * 60 * 3 }, (_, at) => (at * (i + 1)) % 256);
        const photo = encodePng({ width: 80, height: 60, channels: 3, data });
        await writeFile(join(folder, 'photos', `${i}.png`), photo);
      }
      for (const words of steps) {
        const short = words[0] === 'photos.json' ? ['--steps', '2'] : [];
        const done = await node([vaeTrain, ...words, ...short], { cwd: folder });
        expect(done, done.stderr).toMatchObject({ code: 0 });
      }
      const drawn = await node([vae, 'sample', 'runs/photos', '-n', '4', '-o', 'new.png'], { cwd: folder });
      expect(drawn, drawn.stderr).toMatchObject({ code: 0 });
    }),
  );
});

describe('TypeScript examples run as they stand', () => {
  let folder: string;
  // Inside the repository, so that @vae/sdk and @vae/trainer are found as a user's would be.
  beforeAll(async () => {
    folder = await mkdtemp(join(root, 'test', '.example-'));
    const foreign = (path: string) => join(root, 'test/foreign', path);
    await cp(foreign('diffusers-kl'), join(folder, 'models/stable-diffusion-vae'), { recursive: true });
    await cp(foreign('torch-conv/encoder.onnx'), join(folder, 'enc.onnx'));
    await cp(foreign('torch-conv/decoder.onnx'), join(folder, 'dec.onnx'));
    const photo = { width: 32, height: 16, channels: 3, data: new Uint8Array(3 * 512).fill(99) } as const;
    await writeFile(join(folder, 'photo.png'), encodePng(photo));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['README.md', 'packages/sdk/README.md', 'packages/trainer/README.md'])('%s', async (path) => {
    const examples = blocks(await page(path), 'ts');
    expect(examples.length).toBeGreaterThan(0);
    for (const [index, example] of examples.entries()) {
      const file = join(folder, `${path.replaceAll('/', '-')}-${index}.mjs`);
      await writeFile(file, example);
      const done = await node([file], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
    }
  });
});

it('docs/recipes.md names every layer, likelihood, objective, optimiser and schedule', async () => {
  const [text, schema] = [await page('docs/recipes.md'), await page('packages/trainer/recipe.schema.json')];
  const types = [...JSON.stringify(JSON.parse(schema)).matchAll(/"type":\{"const":"(\w+)"/g)].map(
    ([, type]) => type,
  );
  expect(types.length).toBeGreaterThan(30);
  expect(types.filter((type) => !text.includes(`\`${type}\``) && !text.includes(`"${type}"`))).toEqual([]);
});

it('the recipe in docs/recipes.md is one, and its networks fit its data', async () => {
  const [json] = blocks(await page('docs/recipes.md'), 'json');
  const recipe = parseRecipe(JSON.parse(json), 'docs/recipes.md');
  expect(buildPrograms(recipe, [1, 28, 28]).parameters.size).toBeGreaterThan(0);
});
