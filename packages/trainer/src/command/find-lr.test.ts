import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTrain } from '../testing/run-train.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { advice } from './find-lr.js';

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-find-lr-'));
  recipe = join(folder, 'mine.json');
  await writeFile(recipe, JSON.stringify(tinyRecipe()));
});
afterEach(() => rm(folder, { recursive: true }));

const find = (...words: string[]) =>
  runTrain('find-lr', recipe, '--data', 'digits:16x16x1', '--engine', 'reference', ...words);

describe('vae-train find-lr', () => {
  it('prints rates, losses and one suggestion, and writes nothing', async () => {
    const { code, stdout } = await find('--steps', '30', '--from', '1e-4', '--to', '100');
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^rate +loss$/);
    expect(lines[1]).toMatch(/^1\.0e-4 +\d+\.\d{3} {2}█+$/);
    expect(lines.at(-1)).toMatch(
      /^Suggested: --lr [\d.e-]+ \(the loss fell fastest at \d\.\de[+-]\d; it (began to rise at .+, a tenth of which is .+|did not rise up to 1\.0e\+2)\)$/,
    );
    expect(await readdir(folder)).toEqual(['mine.json']);
  }, 60_000);

  it('leaves the curve as a drawing or as numbers, and says it as one JSON object', async () => {
    const short = ['--steps', '12', '--to', '1e-3'];
    const { stdout } = await find(...short, '--output', join(folder, 'rates.json'), '--json');
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ recipe: 'tiny', dataset: 'digits:16x16x1', from: 1e-6, to: 1e-3 });
    expect(result.readings).toHaveLength(12);
    expect(JSON.parse(await readFile(join(folder, 'rates.json'), 'utf8'))).toEqual(result);
    await find(...short, '-o', join(folder, 'rates.svg'));
    expect(await readFile(join(folder, 'rates.svg'), 'utf8')).toMatch(/^<svg [\s\S]+<\/svg>\n$/);
  }, 60_000);

  it('says that a rate was not tried', () => {
    const readings = [1e-3, 1e-2].map((learningRate) => ({ learningRate, loss: 1, smoothed: 1 }));
    const found = { readings, steepest: 2e-3, rises: 5e-3, engine: 'ort' };
    expect(advice({ ...found, suggestion: 5e-4 })).toBe(
      'Suggested: --lr 0.0005 (the loss fell fastest at 2.0e-3; it began to rise at 5.0e-3, a tenth of which is 5.0e-4). That is ' +
        'below --from: try again from lower',
    );
    expect(advice({ ...found, suggestion: 1e-3 })).toMatch(/5\.0e-4\)$/);
  });

  it.each([
    [['--from', '1', '--to', '0.1'], '--from 1 is not below --to 0.1; give a lower and a higher rate.'],
    [['--steps', '9'], '--steps 9 are too few for a test; give 10 or more.'],
    [
      ['--output', 'rates.png'],
      '--output rates.png: the curve is a drawing or numbers; end its name in .svg or .json.',
    ],
    [
      ['--output', 'package.json/x.svg', '--data', 'csv:missing.csv'],
      'Cannot write "package.json/x.svg": a part of the path is a file, not a folder.',
    ],
  ])('refuses %j', async (words, message) => {
    expect(await find(...words)).toEqual({ code: 2, stdout: '', stderr: `${message}\n` });
  });
});
