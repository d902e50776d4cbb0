import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy, encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTrain } from '../testing/run-train.js';
import { tinyRecipe } from '../testing/tiny-training.js';

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-length-'));
  recipe = join(folder, 'mine.json');
  // 24 samples in batches of 8 are three steps an epoch.
  const data = Float32Array.from({ length: 24 * 64 }, (_, i) => Math.sin(i) ** 2);
  await writeFile(join(folder, 'data.npy'), encodeNpy({ data, shape: [24, 64] }));
  const source = `npy:${join(folder, 'data.npy')}?range=0,1`;
  await writeFile(recipe, JSON.stringify(tinyRecipe({ data: { source, binarize: 0.5 }, epochs: 3 })));
});
afterEach(() => rm(folder, { recursive: true }));

const run = () => join(folder, 'run');
/** The engine that needs no build. */
const engine = ['--engine', 'reference', '--log', 'none', '--json'];

async function trained(...words: string[]) {
  const { code, stdout, stderr } = await runTrain(...words, ...engine);
  expect(code, stderr).toBe(0);
  return { steps: JSON.parse(stdout).steps as number, said: stderr };
}

describe('the length of a run', () => {
  it('is that of --steps, in place of the epochs, also on a plain --resume', async () => {
    const first = await trained(recipe, '--steps', '2', '--out', run());
    expect(first.steps).toBe(2);
    expect(first.said).toContain('length: 2 steps of 8 samples, 0.67 epochs, by "steps"\n');
    expect(JSON.parse(await readFile(join(run(), 'recipe.json'), 'utf8'))).toMatchObject({
      steps: 2,
      epochs: 3,
    });
    const again = await trained('--resume', run());
    expect(again.steps).toBe(2);
    expect(again.said).toContain('resumed after step 2, 0 to go\nnothing left to train');
  });

  it('leaves what was trained with as it is written, where nothing is left to train', async () => {
    await trained(recipe, '--steps', '4', '--out', run());
    const before = await readFile(join(run(), 'recipe.json'), 'utf8');
    const again = await trained('--resume', run(), '--steps', '3', '--lr', '0.5');
    expect(again.said).toContain('nothing left to train');
    expect(await readFile(join(run(), 'recipe.json'), 'utf8')).toBe(before);
  });

  it('may be more than the epochs of the recipe', async () => {
    expect((await trained(recipe, '--steps', '11', '--out', run())).steps).toBe(11);
  });

  it('is changed by an option on --resume, in updates or in epochs', async () => {
    await trained(recipe, '--steps', '2', '--out', run());
    expect((await trained('--resume', run(), '--steps', '5')).steps).toBe(5);
    expect((await trained('--resume', run())).steps).toBe(5);
    const { steps, said } = await trained('--resume', run(), '--epochs', '3');
    expect(steps).toBe(9);
    expect(said).toContain('length: 9 steps of 8 samples, 3 epochs, by "epochs"\n');
    expect(said).toContain('resumed after step 5, 4 to go\n');
    expect((await trained('--resume', run())).steps).toBe(9);
  });

  it('is what print-config shows', async () => {
    const config = async (...words: string[]) =>
      JSON.parse((await runTrain('print-config', ...words)).stdout);
    expect(await config(recipe, '--steps', '7', '--epochs', '5')).toMatchObject({ steps: 7, epochs: 5 });
    await writeFile(recipe, JSON.stringify(tinyRecipe({ steps: 7 })));
    expect(await config(recipe)).toMatchObject({ steps: 7 });
    expect(await config(recipe, '--epochs', '5')).not.toHaveProperty('steps');
    expect(await config(recipe, '--accumulate', '3')).toMatchObject({ batch: 8, accumulate: 3 });
  });
});

describe('--resume', () => {
  it('of a run that lost its recipe asks for it', async () => {
    await trained(recipe, '--steps', '2', '--out', run());
    await rm(join(run(), 'recipe.json'));
    expect(await runTrain('--resume', run())).toMatchObject({
      code: 2,
      stderr:
        `--resume ${run()}: its recipe.json is missing. Name the recipe that the run began with: ` +
        `vae-train RECIPE --resume ${run()}.\n`,
    });
    expect((await trained(recipe, '--steps', '4', '--resume', run())).steps).toBe(4);
  });

  it('says what is otherwise than before', async () => {
    await trained(recipe, '--steps', '2', '--out', run());
    const { said } = await trained('--resume', run(), '--steps', '4', '--lr', '0.5');
    expect(said).toContain(
      'From here on "optimizer.learningRate" is 0.5 (it was 0.01), "steps" is 4 (it was 2).\n',
    );
    expect((await trained('--resume', run(), '--epochs', '3')).said).toContain(
      'From here on "steps" is none (it was 4).\n',
    );
  });

  it('says where the data may be that are not there', async () => {
    await trained(recipe, '--steps', '2', '--out', run());
    await mkdir(join(folder, 'moved'));
    await rename(join(folder, 'data.npy'), join(folder, 'moved', 'data.npy'));
    const { code, stderr } = await runTrain('--resume', run(), ...engine);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /no such file or folder\. The run has its data from 'npy:.*\/data\.npy\?range=0,1': go on in the folder in which it began, or/,
    );
    const moved = `npy:${join(folder, 'moved', 'data.npy')}?range=0,1`;
    expect((await runTrain('--data', 'npy:none.npy', recipe, ...engine)).stderr).not.toContain('The run');
    expect((await runTrain('--resume', run(), '--data', moved, '--steps', '3', ...engine)).stderr).toContain(
      'resumed after step 2',
    );
  });

  it('is refused where the data file is another by now', async () => {
    const csv = join(folder, 'people.csv');
    const rows = Array.from({ length: 24 }, (_, i) => [i, 1000 + i]);
    const write = (header: string, table: number[][]) => writeFile(csv, `${[header, ...table].join('\n')}\n`);
    await write('age,income', rows);
    const data = { source: `csv:${csv}?normalize=standard`, binarize: false as const };
    await writeFile(recipe, JSON.stringify(tinyRecipe({ data, likelihood: 'gaussian' })));
    await trained(recipe, '--steps', '2', '--out', run());
    const manifest = await readFile(join(run(), 'vae', 'vae.json'), 'utf8');
    const changed: [said: string, header: string, table: number[][]][] = [
      // 0 to 23 have mean 11.5.
      ['"income" had mean 1011.5, now 101150.', 'age,income', rows.map(([a, b]) => [a!, 100 * b!])],
      ['24 samples then, 18 now.', 'age,income', rows.slice(6)],
      ['column 1 was "age", now it is "income".', 'income,age', rows],
      [
        'samples of 2 numbers then, of 1 now; 24 samples then, 18 now; ',
        'age',
        rows.slice(6).map(([a]) => [a!]),
      ],
    ];
    for (const [said, header, table] of changed) {
      await write(header, table);
      const { code, stderr } = await runTrain('--resume', run(), '--steps', '4', ...engine);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`${run()}: the data are not those of the run: ${said}`),
      ]);
    }
    expect(await readFile(join(run(), 'vae', 'vae.json'), 'utf8')).toBe(manifest);
    await write('age,income', rows);
    expect((await trained('--resume', run(), '--steps', '4')).steps).toBe(4);
  });

  it('refuses other images of the same number and size', async () => {
    const file = join(folder, 'images.npy');
    const write = (of: (i: number) => number) =>
      writeFile(
        file,
        encodeNpy({ data: Float32Array.from({ length: 40 * 64 }, (_, i) => of(i)), shape: [40, 8, 8] }),
      );
    await write((i) => (i % 7) / 7);
    const data = ['--data', `npy:${file}`];
    await trained(recipe, ...data, '--steps', '2', '--out', run());
    await write((i) => 1 - (i % 7) / 7);
    const { code, stderr } = await runTrain('--resume', run(), '--steps', '4', ...engine);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /the data are not those of the run: of the 16 training items that are looked at, item \d+ had mean 0\.4\d+, now 0\.5\d+, and 15 more changed\./,
      ),
    ]);
    await write((i) => (i % 7) / 7);
    expect((await trained('--resume', run(), '--steps', '4')).steps).toBe(4);
  });

  it('goes on from the checkpoint before one that is damaged, and says so', async () => {
    await trained(recipe, '--steps', '5', '--checkpoint-every', '1', '--out', run());
    const last = join(run(), 'checkpoints', 'last.zip');
    const bytes = await readFile(last);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(last, bytes);
    const { said, steps } = await trained('--resume', run());
    expect(said).toContain(
      `${last}: not a usable checkpoint (its bytes do not match their checksum). Going on from the one before it, after step 4.\n`,
    );
    expect(said).toContain('resumed after step 4, 1 to go\n');
    expect(steps).toBe(5);
  });
});

describe('a run that fails before its first checkpoint', () => {
  it('lets the same command begin again, and says so', async () => {
    const photos = join(folder, 'photos');
    await mkdir(photos);
    const grey = new Uint8Array(80).map((_, i) => 3 * i);
    const whole = encodePng({ width: 8, height: 10, channels: 1, data: grey });
    for (let i = 0; i < 24; i++) await writeFile(join(photos, `${10 + i}.png`), whole);
    // The twelfth is none of the sixteen that are looked at before the run begins.
    const broken = join(photos, '21.png');
    await writeFile(broken, whole.subarray(0, whole.length - 24));
    // Of one batch, so that there is no step before it.
    const data = ['--data', `images:${photos}?size=8x8&grey`, '--batch', '24'];
    const words = [recipe, ...data, '--steps', '3', '--out', run()];
    const failed = await runTrain(...words, ...engine);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain('21.png');
    await writeFile(broken, whole);
    const { said, steps } = await trained(...words);
    expect(steps).toBe(3);
    expect(said).toContain(
      `${run()} held a run that ended before its first checkpoint; this one takes its place.\n`,
    );
  });
});

describe('--accumulate', () => {
  it('makes one update of several batches, and says so', async () => {
    const { steps, said } = await trained(
      recipe,
      '--batch',
      '4',
      '--accumulate',
      '2',
      '--epochs',
      '1',
      '--out',
      run(),
    );
    expect(steps).toBe(3);
    expect(said).toContain('length: 3 steps of 8 samples (2 batches of 4), 1 epoch, by "epochs"\n');
  });

  it('has its limits', async () => {
    const { code, stderr } = await runTrain(recipe, '--accumulate', '0', '--out', run());
    expect([code, stderr]).toEqual([
      2,
      '--accumulate 0 is out of range; give a whole number from 1 to 65536.\n',
    ]);
    const much = await runTrain(recipe, '--accumulate', '9000', '--out', run());
    expect([much.code, much.stderr]).toEqual([
      2,
      'the command line: "batch" 8 × "accumulate" 9000 are 72000 samples in an update, expected at most 65536. ' +
        'Make one of them smaller.\n',
    ]);
  });
});

/** Interrupts a command as soon as it listens. */
const interruptAtOnce = () =>
  process.once('newListener', (name) => {
    if (name === 'SIGINT') setImmediate(() => process.emit('SIGINT', 'SIGINT'));
    else interruptAtOnce();
  });

it.each([
  [[], 'Stopped.'],
  [['sweep', '--grid', 'latent=1,2'], 'Stopped. Go on with the same command and --out '],
])('%o interrupted before training begins says so, and makes nothing', async (words, said) => {
  interruptAtOnce();
  const { code, stderr } = await runTrain(...words, recipe, '--out', run(), ...engine);
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(130);
  await expect(readFile(join(run(), 'recipe.json'))).rejects.toThrow('ENOENT');
});

describe('vae-train sweep', () => {
  it('passes --time-limit and --log on to every run', async () => {
    const words = ['--grid', 'latent=1,2', '--time-limit', '0.001s', '--out', run()];
    const { code, stdout, stderr } = await runTrain('sweep', recipe, ...words, ...engine);
    expect(code, stderr).toBe(0);
    // A limit of a millisecond is over after the first step.
    const { rows } = JSON.parse(stdout);
    expect(rows.map(({ steps }: { steps: number }) => steps)).toEqual([1, 1]);
    await expect(readFile(join(run(), 'latent-1', 'tensorboard'))).rejects.toThrow('ENOENT');
  });

  it('shows a run that diverged as failed, and does not exit with 0', async () => {
    const words = ['--grid', 'lr=3e38,0.001', '--steps', '2', '--out', run()];
    for (const begun of [2, 0]) {
      const { code, stdout, stderr } = await runTrain('sweep', recipe, ...words, '--engine', 'reference');
      expect(code).toBe(2);
      expect(stdout).toMatch(
        /\nlr-0\.001 .*\nlr-3e\+38 {2}failed: .* Lower the learning rate or set "clipNorm"/,
      );
      expect(stderr.match(/^run \d of 2: /gm) ?? []).toHaveLength(begun);
      expect(stderr).toContain(`1 of 2 runs failed. They are not trained again in ${run()}.\n`);
    }
  });
});
