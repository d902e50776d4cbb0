import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTrain as run } from '../testing/run-train.js';
import { tinyRecipe } from '../testing/tiny-training.js';

let folder: string;
let workingFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-command-'));
  workingFolder = process.cwd();
});
afterEach(async () => {
  process.exitCode = undefined;
  expect(process.cwd()).toBe(workingFolder);
  await rm(folder, { recursive: true });
});

const filesBelow = (path = folder): Promise<string[]> => readdir(path, { recursive: true });

/** Runs into a mistake: one line on stderr, exit code 2, nothing on stdout, nothing written. */
async function refused(...argv: string[]): Promise<string> {
  const before = await filesBelow();
  const { code, stdout, stderr } = await run(...argv);
  // What is in front of the mistake may say which device was taken.
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('device: '));
  expect({ code, stdout, lines: lines.length }).toEqual({ code: 2, stdout: '', lines: 1 });
  expect(stderr).not.toContain('    at ');
  expect(await filesBelow()).toEqual(before);
  return lines[0];
}

const out = () => join(folder, 'out');
const recipeFile = async (text = JSON.stringify(tinyRecipe({ model: { ...tinyRecipe().model } }))) => {
  const path = join(folder, 'mine.json');
  await writeFile(path, text);
  return path;
};

const words = ['init', 'inspect', 'find-lr', 'sweep', 'watch', 'print-config', 'build', 'setup', 'check-gpu'];

describe('vae-train refuses on one line and leaves nothing', () => {
  it('an unknown recipe', async () => {
    expect(await refused('seed-cvea', '--out', out())).toMatch(
      /^seed-cvea: no such recipe file, folder or name\. Did you mean "seed-cvae"\? Shipped: /,
    );
  });

  it('an unknown key in a recipe', async () => {
    const file = await recipeFile(JSON.stringify(tinyRecipe()).replace('"epochs"', '"epoch"'));
    expect(await refused(file, '--data', 'digits', '--out', out())).toBe(
      `${file}: "epoch" is not a known key. Did you mean "epochs"? Known: $schema, name, description, data, model, likelihood, objective, optimizer, ema, patience, batch, accumulate, precision, epochs, steps, seed.`,
    );
  });

  it('an unknown data set', async () => {
    expect(await refused('seed-mlp', '--data', 'digit', '--out', out())).toMatch(
      /^There is no data set "digit"\. Did you mean "digits"\? Known: digits, mnist, .*\.$/,
    );
  });

  it('a data folder that is not there', async () => {
    expect(await refused('seed-mlp', '--data', 'mnist:/nope', '--out', out())).toContain('/nope');
  });

  it.each([
    [['--epochs', '0'], '--epochs 0 is out of range; give a whole number of at least 1.'],
    [['--epochs', '1.5'], '--epochs "1.5" is not a whole number; give a whole number of at least 1.'],
    [['--latent', 'abc'], '--latent "abc" is not a whole number; give a whole number from 1 to 65536.'],
    [['--lr', '-1'], '--lr -1 is out of range; give a number from 1e-12 to 1000.'],
    [['--seed', '-1'], '--seed -1 is out of range; give a whole number from 0 to 9007199254740991.'],
    [['--binarize', '1'], '--binarize "1" is not known. Give none, dynamic, or a threshold between 0 and 1.'],
    [
      ['--objective', 'elb'],
      '--objective "elb" is not known; did you mean "elbo"? Choose one of: elbo, betaVae, betaVaeCapacity, betaTcVae, dipVae, infoVae, iwae, wae, autoencoder.',
    ],
    [
      ['--engine', 'tf'],
      '--engine "tf" is not known; did you mean "tfjs"? Choose one of: ort, tfjs, reference.',
    ],
    [
      ['--engine', 'reference', '--device', 'cuda'],
      '--device cuda: the engine "reference" computes on the CPU. Use --device cpu or auto.',
    ],
    [['--model', 'seed-nlp'], /^seed-nlp: no such recipe.*Did you mean "seed-mlp"/],
    [['--epoch', '3'], /^unknown option '--epoch' \(Did you mean --epochs\?\); see --help\.$/],
    [['one-word-too-many'], 'too many arguments. Expected 1 argument but got 2; see --help.'],
  ] as [string[], string | RegExp][])('%j', async (words, message) => {
    const line = await refused('seed-mlp', '--data', 'digits', '--out', out(), ...words);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  it('networks that do not fit the data', async () => {
    const line = await refused('seed-cvae', '--data', 'digits:64x64x3', '--out', out());
    expect(line).toMatch(/^decoder: it ends with \[3, 28, 28\] .* a sample of the data is \[3, 64, 64\]/);
  });

  it('more validation samples than there are', async () => {
    const line = await refused('seed-mlp', '--data', 'digits', '--validation', '60000', '--out', out());
    expect(line).toContain('of 60000 training samples none is left to train on');
  });

  it('--resume of one folder with --out of another', async () => {
    expect(await refused('--resume', join(folder, 'a'), '--out', join(folder, 'b'))).toBe(
      `--resume ${join(folder, 'a')} goes on in that folder; leave out --out ${join(folder, 'b')}.`,
    );
  });

  it('a folder that holds a run already, without --overwrite', async () => {
    await mkdir(join(out(), 'checkpoints'), { recursive: true });
    await writeFile(join(out(), 'recipe.json'), '{}');
    expect(await refused('seed-mlp', '--data', 'digits', '--out', out())).toBe(
      `${out()}: holds a run already. Add --resume ${out()} to go on with it, --overwrite to replace it, or choose another --out.`,
    );
  });

  it('a folder that holds something else, even with --overwrite', async () => {
    await mkdir(out());
    await writeFile(join(out(), 'thesis.tex'), 'x');
    const line = await refused('seed-mlp', '--data', 'digits', '--out', out(), '--overwrite');
    expect(line).toContain('holds thesis.tex, which is not part of a run');
  });

  it('a file in the place of the folder', async () => {
    await writeFile(out(), 'x');
    expect(await refused('seed-mlp', '--data', 'digits', '--out', out())).toMatch(
      /out: a file of that name is in the way/,
    );
  });
});

describe('vae-train', () => {
  it('prints help and version on stdout', async () => {
    const help = await run('--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    for (const word of ['--data', '--objective', '--resume', '--checkpoint-every', '--accumulate'])
      expect(help.stdout).toContain(word);
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([undefined, ...words])('describes every command on one line in the help of %s', async (word) => {
    const { code, stdout } = await run(...(word ? [word] : []), '--help');
    expect(code).toBe(0);
    for (const name of words) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z][^\\n]{20,75}\\.$`, 'm'));
    expect(stdout).toMatch(/^Usage: vae-train /);
    const [, summary] = new RegExp(`^  ${word} +(.+)$`, 'm').exec(stdout) ?? [];
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary ?? 'Train a VAE and export it as ONNX.');
  });
});

describe('the help of every command', () => {
  it.each(['', ...words])('ends with an example of its own flags: vae-train %s', async (word) => {
    const { stdout } = await run(...(word ? [word] : []), '--help');
    const [, example] = /^Example:\n {2}vae-train (.+)$/m.exec(stdout) ?? [];
    expect(example?.startsWith(word)).toBe(true);
    for (const [flag] of example!.matchAll(/--[\w-]+/g))
      expect(stdout).toMatch(new RegExp(`^ {2}(-\\w, )?${flag}\\b`, 'm'));
  });

  it.each(['', 'find-lr', 'sweep', 'print-config', 'build'])(
    'tells what is taken where a flag of the recipe is left out: vae-train %s',
    async (word) => {
      const { stdout } = await run(...(word ? [word] : []), '--help');
      const text = stdout.replaceAll(/\s+/g, ' ');
      for (const flag of ['--data <spec>', '--latent <n>', '--steps <n>', '--lr <x>', '--seed <n>'])
        expect(text).toMatch(new RegExp(`${flag} ((?! --[\\w-]+ <).)*\\(default: `));
    },
  );
});

describe('vae-train build', () => {
  it('writes the step and says where', async () => {
    const { code, stdout } = await run(
      'build',
      await recipeFile(),
      '--data',
      'digits:16x16x1',
      '--out',
      out(),
    );
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(
      ['step.onnx', 'step.json', 'state.npz'].map((name) => join(out(), name)),
    );
    expect(stdout.trim().split('\n').every(existsSync)).toBe(true);
  });

  it('says it as one JSON object with --json', async () => {
    const { stdout } = await run(
      'build',
      await recipeFile(),
      '--data',
      'digits:16x16x1',
      '--out',
      out(),
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      out: out(),
      files: [join(out(), 'step.onnx'), expect.anything(), expect.anything()],
    });
    expect(stdout.endsWith('}\n')).toBe(true);
  });

  it('refuses a folder that holds something', async () => {
    await mkdir(out());
    await writeFile(join(out(), 'mine.txt'), 'x');
    expect(await refused('build', 'seed-mlp', '--data', 'digits', '--out', out())).toContain('is not empty');
    expect(await refused('build', 'seed-mlp', '--data', 'digits')).toContain(
      "required option '--out <dir>' not specified",
    );
  });
});

describe('vae-train print-config', () => {
  it('prints the recipe with flags and defaults filled in, as one that can be trained', async () => {
    const file = await recipeFile();
    const { code, stdout } = await run('print-config', file, '--ema', '0.99', '--batch', '7');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify({ ...tinyRecipe(), ema: 0.99, batch: 7 })));
  });

  it('prints one line of JSON where asked, also of what is wrong', async () => {
    const file = await recipeFile();
    const { stdout } = await run('print-config', file, '--json');
    expect(stdout).toBe(`${JSON.stringify(tinyRecipe())}\n`);
    const message = '--batch 0 is out of range; give a whole number from 1 to 65536.';
    expect(await run('print-config', file, '--json', '--batch', '0')).toEqual({
      code: 2,
      stdout: `${JSON.stringify({ error: { code: 'usage', message } })}\n`,
      stderr: `${message}\n`,
    });
  });

  it('takes steps alone for the length, which --epochs beats', async () => {
    const file = await recipeFile(JSON.stringify({ ...tinyRecipe(), epochs: undefined, steps: 3 }));
    const printed = async (...flags: string[]) =>
      JSON.parse((await run('print-config', file, ...flags)).stdout);
    expect(await printed()).toMatchObject({ steps: 3 });
    expect(await printed()).not.toHaveProperty('epochs');
    expect(await printed('--epochs', '2')).toMatchObject({ epochs: 2 });
    expect(await printed('--epochs', '2')).not.toHaveProperty('steps');
  });
});

describe('vae-train init', () => {
  it('writes a recipe for the data, which trains', async () => {
    const file = join(folder, 'My Photos.json');
    const { code, stdout } = await run(
      'init',
      file,
      '--data',
      'digits:32x32x3',
      '--latent',
      '4',
      '--epochs',
      '1',
    );
    expect([code, stdout]).toEqual([
      0,
      `Wrote ${file} for data of shape 3×32×32: latent size 4, epochs 1. Train with: vae-train '${file}'\n`,
    ]);
    const printed = await run('print-config', file);
    expect(JSON.parse(printed.stdout)).toMatchObject({ name: 'my-photos', model: { latent: 4 }, epochs: 1 });
    expect(await refused('init', file)).toBe(
      `init: ${file} is there already. Add --overwrite, or give another name.`,
    );
  });

  it('looks at the data: few samples make small batches and a word of warning', async () => {
    const data = join(folder, 'few.csv');
    await writeFile(data, `a,b,c\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 7},0.5`).join('\n')}\n`);
    const file = join(folder, 'few.json');
    const { code, stderr } = await run(
      'init',
      file,
      '--data',
      `csv:${data}`,
      '--latent',
      '2',
      '--epochs',
      '3',
    );
    expect(code).toBe(0);
    const recipe = JSON.parse(await readFile(file, 'utf8'));
    const samples = Number(/^Only (\d+) training samples: /m.exec(stderr)?.[1]);
    expect(samples).toBeGreaterThan(0);
    expect(samples).toBeLessThanOrEqual(40);
    expect(stderr).toContain('may learn them by heart; watch the validation bound in the report');
    expect(4 * recipe.batch).toBeLessThanOrEqual(samples);
    expect(Object.keys(recipe)).toEqual([
      '$schema',
      ...['name', 'data', 'model', 'likelihood', 'optimizer', 'batch', 'epochs', 'seed'],
    ]);
    expect((await run('print-config', file)).code).toBe(0);
  });

  it('refuses a file of another kind', async () => {
    expect(await refused('init', join(folder, 'mine.yaml'))).toMatch(/must end in \.json\.$/);
  });
});
