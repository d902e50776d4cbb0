import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import type { RecipeInput } from '../recipe/recipe.js';
import { at, bytesOf, epochsOf, lastCheckpoint, runIn, useRunFolder } from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

const recipe: Partial<RecipeInput> = { data: { source: 'digits', binarize: 0.5, validation: 12 }, epochs: 2 };
/** More epochs, at a rate at which none is better than those before. */
const worse: Partial<RecipeInput> = {
  ...recipe,
  epochs: 3,
  optimizer: { type: 'adam', learningRate: 3 },
};

const best = () => at('run', 'checkpoints', 'best.zip');
const missing = () => rm(best());
const cut = async () => writeFile(best(), (await readFile(best())).subarray(0, 1000));

async function everyFile(): Promise<Record<string, string>> {
  const entries = await readdir(at('run'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => [parentPath, name]);
  const contents = files.map(async (path) => [path.join('/'), await readFile(path.join('/'), 'base64')]);
  return Object.fromEntries(await Promise.all(contents));
}

describe.each([
  ['missing', missing, 'the checkpoint is missing'],
  ['cut short', cut, 'not a usable checkpoint'],
])('a best checkpoint that is %s', (_, lose, reason) => {
  it('keeps a run from going on, and the model from being replaced by a worse one', async () => {
    await runIn('run', { recipe });
    await lose();
    const before = await everyFile();
    const refusal = runIn('run', { recipe: worse, resume: true });
    await expect(refusal).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(
        / Put the file back, or move .*vae elsewhere, then go on with --resume\.$/,
      ),
    });
    await expect(refusal).rejects.toThrow(`${best()}: ${reason}`);
    expect(await everyFile()).toEqual(before);
  });

  it('is forgotten where no model was made of it, with a note', async () => {
    await runIn('run', { recipe });
    await lose();
    await rename(at('run', 'vae'), at('kept'));
    const notes: string[] = [];
    const events = { onNote: (text: string) => void notes.push(text) };
    const result = await runIn('run', { recipe: worse, resume: true, events });
    expect(notes.join('\n')).toMatch(
      /best\.zip: .*\. It held the best weights so far; a run that goes on chooses among the epochs from here on\./,
    );
    expect((await epochsOf('run')).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    // The only epoch since, although it is worse than those before.
    expect((await lastCheckpoint('run')).progress.best).toMatchObject({ epoch: 3 });
    expect(JSON.parse(String(await bytesOf('run', 'vae/vae.json'))).training.steps).toBe(result.steps);
  });

  it('that goes while the run is under way ends it before the model is replaced', async () => {
    await runIn('run', { recipe });
    const before = await bytesOf('run', 'vae/vae.json');
    const onStep = () => (existsSync(best()) ? lose() : undefined);
    const ending = runIn('run', { recipe: worse, resume: true, events: { onStep } });
    await expect(ending).rejects.toThrow(`${best()}: ${reason}`);
    await expect(ending).rejects.toThrow(/ Put the file back, or .*, then go on with --resume\.$/);
    expect(await bytesOf('run', 'vae/vae.json')).toEqual(before);
    expect((await lastCheckpoint('run')).progress.epoch).toBe(3);
  });
});
