import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '@vae/sdk/manifest';
import { decodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import type { TrainerError } from '../errors.js';
import { buildPrograms, initialState } from '../programs.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import { train } from './train.js';
import type { EpochRecord, TrainOptions } from './types.js';

// The engine's thread starts from a build; here it computes in the test's own.
vi.mock('../engines/index.js', async (original) => {
  const { engines } = await original<typeof import('../engines/index.js')>();
  return { engines: { ...engines, ort: async () => inThreadOrt } };
});

const PER_EPOCH = 6;
const dataset = tinyDataset();

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-train-'));
});
afterEach(() => rm(root, { recursive: true }));

type Changes = Partial<Omit<TrainOptions, 'out' | 'recipe'>> & { recipe?: Partial<RecipeInput> };
const runIn = (name: string, { recipe, ...options }: Changes = {}) =>
  train({ dataset, threads: 1, ...options, recipe: tinyRecipe(recipe), out: join(root, name) });

const lines = async (name: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(root, name, 'metrics.jsonl'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Epochs of the log without what depends on the clock. */
const epochs = async (name: string) =>
  ((await lines(name)) as unknown as (EpochRecord & { kind: string })[])
    .filter(({ kind }) => kind === 'epoch')
    .map(({ seconds, samplesPerSecond, waited, ...rest }) => rest);

const last = async (name: string) => (await loadCheckpoint(join(root, name, 'checkpoints', 'last.zip')))!;
const bytesOf = (name: string, file: string) => readFile(join(root, name, ...file.split('/')));

it('says that no latent dimension is in use, and nothing where one is', async () => {
  const notes: string[] = [];
  const events = { onNote: (text: string) => void notes.push(text) };
  const sgd = (learningRate: number) => ({
    recipe: { optimizer: { type: 'sgd', learningRate } as const, epochs: 1 },
  });
  // A KL of weight 1000 at once drives every code to the prior.
  const strong = { type: 'betaVae', beta: 1000 } as const;
  await runIn('collapsed', { events, recipe: { objective: strong, epochs: 12 } });
  const last = (await epochs('collapsed')).at(-1)!;
  expect(last.activeUnits).toBe(0);
  expect(notes.filter((text) => text.startsWith('No latent dimension is in use'))).toHaveLength(1);
  notes.length = 0;
  await runIn('used', { events, ...sgd(1e-6) });
  expect((await epochs('used')).at(-1)!.activeUnits).toBeGreaterThan(0);
  expect(notes.join()).not.toContain('No latent dimension');
});

it('draws lines of vectors, also of many numbers', async () => {
  const size = 5000;
  const read = async (indices: ArrayLike<number>, out: Float32Array) => {
    for (let row = 0; row < indices.length; row++)
      for (let i = 0; i < size; i++) out[row * size + i] = Math.sin(indices[row] + i / 100);
  };
  const train = { size: 16, read };
  const wide = { name: 'waves', source: 'waves', kind: 'vector', shape: [size], range: null, train } as const;
  await runIn('wide', {
    dataset: wide,
    recipe: { data: { source: 'waves', binarize: false }, likelihood: 'gaussian', epochs: 1 },
  });
  const { width, height } = decodePng(await bytesOf('wide', 'pictures/manifold.png'));
  expect([width, height].every((side) => side < 2000)).toBe(true);
});

describe('a training run', () => {
  it('leaves a model, checkpoint, log, pictures and report, and says how good it is', async () => {
    const started: unknown[] = [];
    const steps: number[] = [];
    const result = await runIn('run', {
      logEvery: 4,
      events: { onStart: (info) => void started.push(info), onStep: ({ step }) => void steps.push(step) },
      command: 'vae-train tiny',
    });
    const files = await readdir(join(root, 'run'));
    expect(files.sort()).toEqual([
      'checkpoints',
      'latent.json',
      'metrics.jsonl',
      'pictures',
      'recipe.json',
      'report.html',
      'run.json',
      'tensorboard',
      'vae',
    ]);
    expect((await readdir(join(root, 'run', 'vae'))).sort()).toEqual(
      ['README.md', 'decoder.onnx', 'encoder.onnx', 'preview.png', 'vae.json'].sort(),
    );
    expect((await readdir(join(root, 'run', 'pictures'))).sort()).toEqual([
      'epoch-001.png',
      'epoch-002.png',
      'manifold.png',
      'training.gif',
    ]);
    expect(await readdir(join(root, 'run', 'checkpoints'))).toEqual(['last.zip', 'previous.zip']);
    expect(steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    // 64·12 + 12 + 12·4 + 4 in the encoder, 2·12 + 12 + 12·64 + 64 in the decoder
    expect(started).toEqual([
      {
        engine: result.engine,
        kind: 'image',
        parameters: 832 + 868,
        steps: 12,
        stepsPerEpoch: 6,
        batch: 8,
        startStep: 0,
      },
    ]);
    expect(result).toMatchObject({
      steps: 12,
      epochs: 2,
      interrupted: false,
      seed: 3,
      model: join(root, 'run', 'vae'),
    });
    expect(result.test!.samples).toBe(20);
    expect(result.test!.bound).toBeCloseTo(-(result.test!.reconstruction! + result.test!.kl!), 4);
    expect(result.validation).toBeUndefined();
  });

  it('writes a manifest that fits its files', async () => {
    const result = await runIn('run');
    const manifest = parseManifest(await bytesOf('run', 'vae/vae.json').then(String), 'vae.json');
    expect(manifest).toMatchObject({
      name: 'tiny',
      data: { kind: 'image', shape: [1, 8, 8], range: [0, 1], preprocess: { binarize: 0.5 } },
      latent: { kind: 'gaussian', shape: [2] },
      likelihood: { kind: 'bernoulli', output: 'logits' },
      labels: { classes: ['even', 'odd'], conditional: false },
      training: {
        dataset: 'bars',
        seed: 3,
        steps: 12,
        engine: 'ort',
        // The data set's name in place of the folder that it came from.
        recipe: JSON.parse(
          JSON.stringify({ ...tinyRecipe(), data: { ...tinyRecipe().data, source: 'bars' } }),
        ),
      },
    });
    expect(manifest.metrics!.test!.bound).toBe(result.test!.bound);
    for (const { path, bytes, sha256 } of Object.values(manifest.files)) {
      const content = await bytesOf('run', `vae/${path}`);
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    // KL per dimension sums to KL per sample: the closed form on the training part
    expect(manifest.prior!.kl!.every((kl) => kl >= 0)).toBe(true);
  });

  it('logs steps and epochs as lines of JSON, means by samples', async () => {
    await runIn('run', { logEvery: 1 });
    const log = await lines('run');
    const [steps, whole] = ['step', 'epoch'].map((kind) => log.filter((record) => record.kind === kind));
    expect(steps.map(({ step, epoch }) => [step, epoch])).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, i < 6 ? 1 : 2]),
    );
    expect(whole.map(({ step, epoch }) => [step, epoch])).toEqual([
      [6, 1],
      [12, 2],
    ]);
    const samples = [8, 8, 8, 8, 8, 4];
    const mean = steps.slice(0, 6).reduce((sum, { loss }, i) => sum + (loss as number) * samples[i], 0) / 44;
    expect((whole[0].train as { loss: number }).loss).toBeCloseTo(mean, 8);
  });

  it('learns', async () => {
    await runIn('run', { recipe: { epochs: 12 } });
    const losses = (await epochs('run')).map((record) => record.train.loss!);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
  });

  it('is the same bytes a second time', async () => {
    await runIn('one');
    await runIn('two');
    const same = [
      'vae/encoder.onnx',
      'vae/decoder.onnx',
      'vae/vae.json',
      'vae/preview.png',
      'pictures/training.gif',
      'checkpoints/last.zip',
    ];
    for (const file of same)
      expect((await bytesOf('two', file)).equals(await bytesOf('one', file))).toBe(true);
    expect(await epochs('two')).toEqual(await epochs('one'));
    await runIn('other', { recipe: { seed: 4 } });
    expect(
      (await bytesOf('other', 'vae/encoder.onnx')).equals(await bytesOf('one', 'vae/encoder.onnx')),
    ).toBe(false);
  });

  it.each([
    ['without a test part', { dataset: tinyDataset({ test: 0 }) }],
    ['of an autoencoder', { recipe: { objective: 'autoencoder' } }],
    [
      'with a learned variance and five latent dimensions',
      {
        recipe: {
          likelihood: { type: 'gaussian', variance: 'learned' },
          model: { ...tinyRecipe().model, latent: 5 },
        },
      },
    ],
    ['with one batch that holds all', { recipe: { batch: 100 } }],
    ['on grey values drawn anew', { recipe: { data: { source: 'digits', binarize: 'dynamic' } } }],
    ['on the reference engine', { engine: 'reference', recipe: { epochs: 1 }, steps: 2 }],
  ] as [string, Changes][])('%s ends well', async (_, changes) => {
    const result = await runIn('run', changes);
    expect(Number.isFinite(result.train.loss)).toBe(true);
    const manifest = parseManifest(await bytesOf('run', 'vae/vae.json').then(String), 'vae.json');
    expect(manifest.metrics!.train!.loss).toBe(result.train.loss);
    expect(existsSync(join(root, 'run', 'report.html'))).toBe(true);
  });
});

it('refuses data of no known kind before it begins', async () => {
  const dataset = { ...tinyDataset(), kind: 'table' as 'vector' };
  const refused = runIn('run', { dataset });
  await expect(refused).rejects.toMatchObject({
    code: 'bad-data',
    message: expect.stringContaining('kind is table'),
  });
  expect(existsSync(join(root, 'run'))).toBe(false);
});

const { read } = dataset.train;
const whole = 'expected a whole number of at least 1.';
it.each([
  [{ train: { size: 0, read } }, `train.size is 0, ${whole}`],
  [{ train: { size: Number.NaN, read } }, `train.size is NaN, ${whole}`],
  [{ train: { size: 2.5, read } }, `train.size is 2.5, ${whole}`],
  [{ train: { size: -3, read } }, `train.size is -3, ${whole}`],
  [{ train: { size: '64', read } }, `train.size is "64", ${whole}`],
  [{ train: { size: 64 } }, 'train.read is undefined, expected a function.'],
  [{ train: undefined }, `train.size is undefined, ${whole}`],
  [{ test: { size: 0, read } }, `test.size is 0, ${whole} Leave "test" out where there is none.`],
])('refuses data of %o before it begins', async (parts, message) => {
  const refused = runIn('run', { dataset: { ...dataset, ...parts } as unknown as Dataset });
  await expect(refused).rejects.toMatchObject({ code: 'bad-data', message: `bars: ${message}` });
  expect(existsSync(join(root, 'run'))).toBe(false);
});

it('passes on what a data set throws, whatever it is', async () => {
  const nothing = () => {
    throw null;
  };
  const broken = { ...dataset, train: { ...dataset.train, read: nothing } };
  await expect(runIn('run', { dataset: broken })).rejects.toBe(null);
});

describe('going on with a run', () => {
  // 12 steps are two epochs; 9 is the middle of the second.
  it.each([6, 9, 3])('after %i of 12 steps ends where a straight run ends, bit by bit', async (steps) => {
    await runIn('straight', { recipe: { data: { source: 'digits', binarize: 0.5, validation: 0 } } });
    await runIn('parts', { steps });
    const result = await runIn('parts', { resume: true });
    expect(result.steps).toBe(12);
    const [straight, parts] = [await last('straight'), await last('parts')];
    expect(parts.state).toEqual(straight.state);
    expect(parts.progress).toEqual(straight.progress);
    const full = (await epochs('parts')).filter(({ step }) => step % PER_EPOCH === 0);
    expect(full).toEqual(await epochs('straight'));
    for (const file of ['vae/encoder.onnx', 'vae/decoder.onnx', 'pictures/training.gif'])
      expect((await bytesOf('parts', file)).equals(await bytesOf('straight', file))).toBe(true);
  });

  it('from a checkpoint inside an epoch drops what was logged after it', async () => {
    await runIn('straight', { logEvery: 1 });
    const controller = new AbortController();
    const stopAt = (stop: number) => ({
      onStep: ({ step }: { step: number }) => {
        if (step === stop) controller.abort();
      },
    });
    const first = await runIn('parts', { logEvery: 1, signal: controller.signal, events: stopAt(8) });
    expect(first).toMatchObject({ interrupted: true, steps: 8 });
    // As if killed a few steps later, in the middle of a line
    const torn = `${JSON.stringify({ kind: 'step', step: 9, epoch: 2, loss: 1 })}\n{"kind":"st`;
    await writeFile(join(root, 'parts', 'metrics.jsonl'), torn, { flag: 'a' });
    await runIn('parts', { logEvery: 1, resume: true });
    expect((await last('parts')).state).toEqual((await last('straight')).state);
    const steps = async (name: string) => (await lines(name)).filter(({ kind }) => kind === 'step');
    expect(await steps('parts')).toEqual(await steps('straight'));
    expect(await epochs('parts')).toEqual(await epochs('straight'));
  });

  it('that is over only exports again', async () => {
    await runIn('run');
    const before = await bytesOf('run', 'vae/vae.json');
    const result = await runIn('run', { resume: true });
    expect(result.steps).toBe(12);
    expect((await bytesOf('run', 'vae/vae.json')).equals(before)).toBe(true);
  });

  it('without a complete checkpoint starts afresh and says so', async () => {
    await runIn('run', { steps: 2 });
    await rm(join(root, 'run', 'checkpoints'), { recursive: true });
    const notes: string[] = [];
    const result = await runIn('run', { resume: true, events: { onNote: (text) => void notes.push(text) } });
    expect(result.steps).toBe(12);
    expect(notes).toEqual([`${join(root, 'run')} holds no complete checkpoint; starting afresh.`]);
  });

  it('with a damaged checkpoint is refused and changes nothing', async () => {
    await runIn('run', { steps: 2 });
    await writeFile(join(root, 'run', 'checkpoints', 'last.zip'), 'PK');
    const before = await bytesOf('run', 'metrics.jsonl');
    await expect(runIn('run', { resume: true })).rejects.toMatchObject({ code: 'bad-file' });
    expect(await bytesOf('run', 'metrics.jsonl')).toEqual(before);
  });

  it('with other networks is refused and changes nothing', async () => {
    await runIn('run', { steps: 2 });
    const before = await bytesOf('run', 'recipe.json');
    const model = { ...tinyRecipe().model, latent: 3 };
    await expect(runIn('run', { resume: true, recipe: { model } })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-recipe',
      message: expect.stringContaining('"model" is not what the run began with'),
    });
    expect((await bytesOf('run', 'recipe.json')).equals(before)).toBe(true);
  });

  it('with an average where there was none is refused, and says so', async () => {
    await runIn('run', { steps: 2 });
    await expect(runIn('run', { resume: true, recipe: { ema: 0.9 } })).rejects.toMatchObject({
      message: expect.stringContaining('"ema" (0.9) is not what the run began with (none).'),
    });
  });

  it('after a best epoch that was only begun still exports that epoch with its own numbers', async () => {
    const recipe = { data: { source: 'bars', binarize: 0.5, validation: 10 } as const };
    const first = await runIn('run', { steps: 2, recipe });
    // A step size of nothing: no later epoch is better than the first, which was stopped on its way.
    const optimizer = { ...tinyRecipe().optimizer, learningRate: 1e-30 };
    const more = await runIn('run', { resume: true, recipe: { ...recipe, optimizer } });
    const { metrics, training } = JSON.parse((await bytesOf('run', 'vae/vae.json')).toString());
    expect(training.steps).toBe(2);
    expect(metrics.test.bound).toBe(first.test!.bound);
    expect(more.test).toEqual(first.test);
    // Its picture is of the two steps that were exported, and not of the whole epoch that came after.
    await runIn('straight', { steps: 2, recipe });
    expect(await bytesOf('run', 'pictures/epoch-001.png')).toEqual(
      await bytesOf('straight', 'pictures/epoch-001.png'),
    );
  });

  it('is never done by accident', async () => {
    await runIn('run', { steps: 2 });
    const before = await bytesOf('run', 'checkpoints/last.zip');
    await expect(runIn('run')).rejects.toMatchObject({ code: 'run-exists' });
    expect((await bytesOf('run', 'checkpoints/last.zip')).equals(before)).toBe(true);
    expect(await runIn('run', { overwrite: true })).toMatchObject({ steps: 12 });
  });
});

describe('a run that is stopped', () => {
  it('ends after the step under way, with a checkpoint and no model', async () => {
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 4 && controller.abort());
    const result = await runIn('run', { signal: controller.signal, events: { onStep } });
    expect(result).toMatchObject({ interrupted: true, steps: 4 });
    expect(Number.isFinite(result.train.loss)).toBe(true);
    expect((await last('run')).progress).toMatchObject({ step: 4, epoch: 0, partial: { samples: 32 } });
    expect(existsSync(join(root, 'run', 'vae'))).toBe(false);
  });

  it('has checkpoints as often as asked', async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const onStep = async ({ step }: { step: number }) => {
      seen.push((await loadCheckpoint(join(root, 'run', 'checkpoints', 'last.zip')))?.progress.step ?? 0);
      if (step === 6) controller.abort();
    };
    await runIn('run', { checkpointEvery: 2, signal: controller.signal, events: { onStep } });
    expect(seen.slice(0, 5)).toEqual([0, 0, 2, 2, 4]);
  });
});

describe('a loss that is not a number', () => {
  it.each([
    [undefined, ' or set "clipNorm" in the optimizer'],
    [1e6, ''],
  ])(
    'stops the run with its step, and leaves the last checkpoint alone: clipNorm %s',
    async (clipNorm, more) => {
      // Fine for one epoch, then far too large
      const learningRate = { type: 'exponential', from: 1e-3, rate: 1e36, every: PER_EPOCH, staircase: true };
      const recipe = { optimizer: { type: 'sgd', learningRate, clipNorm }, epochs: 3 };
      const error: TrainerError = await runIn('run', { recipe }).catch((thrown) => thrown);
      expect(error).toMatchObject({ name: 'TrainerError', code: 'not-a-number' });
      const [first, advice] = error.message.split(/(?<=…\)\.) /);
      expect(first).toMatch(/^The loss became (NaN|-?Infinity) at step 8 \(samples [\d, ]+…\)\.$/);
      expect(advice).toBe(
        `Lower the learning rate${more}. The last checkpoint in ${join(root, 'run')} is untouched.`,
      );
      const { progress, state } = await last('run');
      expect(progress.step).toBe(PER_EPOCH);
      expect(Object.values(state).every(({ data }) => data.every(Number.isFinite))).toBe(true);
      expect(existsSync(join(root, 'run', 'vae'))).toBe(false);
    },
  );

  // One step an epoch: its loss is that of the first weights, and the update throws them off. The first rate is
  // infinite as a float32; the second leaves weights that are finite and give no number any more.
  it.each([1e39, 1e38])(
    'never reaches a checkpoint or a model, also where only the update went wrong: rate %d',
    async (learningRate) => {
      const recipe = { batch: 44, optimizer: { type: 'sgd', learningRate }, epochs: 1 };
      await expect(runIn('run', { recipe })).rejects.toMatchObject({
        name: 'TrainerError',
        code: 'not-a-number',
      });
      expect(existsSync(join(root, 'run', 'checkpoints'))).toBe(false);
      expect(existsSync(join(root, 'run', 'vae'))).toBe(false);
    },
  );
});

describe('a validation part', () => {
  // A rate that grows without limit: the best epoch is not the last.
  const recipe: Partial<RecipeInput> = {
    data: { source: 'digits', binarize: 0.5, validation: 12 },
    optimizer: {
      type: 'adam',
      learningRate: { type: 'exponential', from: 0.003, rate: 6, every: 4, staircase: true },
    },
    epochs: 6,
  };

  it('chooses the weights that are exported, and the numbers that are told', async () => {
    const result = await runIn('run', { recipe });
    const log = await epochs('run');
    const bounds = log.map(({ validation }) => validation!.bound!);
    const best = bounds.indexOf(Math.max(...bounds));
    expect(best).toBeLessThan(bounds.length - 1);
    expect(log[0].validation!.samples).toBe(12);
    const chosen = (await loadCheckpoint(join(root, 'run', 'checkpoints', 'best.zip')))!;
    expect(chosen.progress.step).toBe(log[best].step);
    expect(result.test).toEqual(log[best].test);
    const manifest = parseManifest(await bytesOf('run', 'vae/vae.json').then(String), 'vae.json');
    expect(manifest.training!.steps).toBe(log[best].step);
    // The card tells its terms on the validation part, and the report shows its pictures.
    const { bound, standardError, kl } = log[best].validation!;
    const card = String(await bytesOf('run', 'vae/README.md'));
    expect(card).toContain('| nats per sample | train | validation, 12 samples | test, 20 samples |');
    expect(card).toContain(` | ${bound!.toFixed(3)} ± ${standardError!.toFixed(3)} | `);
    expect(card).toContain(` | ${kl!.toFixed(3)} | `);
    const report = String(await bytesOf('run', 'report.html'));
    expect(report).toContain(`decoded draws at epoch ${log[best].epoch}, the exported one`);
    expect(report).toContain(`of the exported model after step ${log[best].step}`);
    // The exported weights are those of the best epoch: a run that stops there exports the same files.
    await runIn('short', { recipe, steps: log[best].step });
    for (const file of ['vae/encoder.onnx', 'vae/decoder.onnx'])
      expect((await bytesOf('short', file)).equals(await bytesOf('run', file))).toBe(true);
  });

  it('chooses the same after a stop', async () => {
    await runIn('straight', { recipe });
    await runIn('parts', { recipe, steps: 16 });
    const result = await runIn('parts', { recipe, resume: true });
    expect(
      (await bytesOf('parts', 'vae/encoder.onnx')).equals(await bytesOf('straight', 'vae/encoder.onnx')),
    ).toBe(true);
    expect(result.validation!.bound).toBe(
      Math.max(...(await epochs('parts')).map(({ validation }) => validation!.bound!)),
    );
  });

  it('is the only one to choose: the test part changes nothing but its own numbers', async () => {
    await runIn('with', { recipe });
    await runIn('without', { recipe, dataset: tinyDataset({ test: 0 }) });
    await runIn('other', { recipe, dataset: { ...dataset, test: tinyDataset({ test: 3 }).test } as Dataset });
    for (const name of ['without', 'other'])
      for (const file of ['vae/encoder.onnx', 'vae/decoder.onnx'])
        expect((await bytesOf(name, file)).equals(await bytesOf('with', file))).toBe(true);
  });

  it('moves no schedule: the steps are those of the training alone', async () => {
    const capacity: Partial<RecipeInput> = {
      objective: {
        type: 'betaVaeCapacity',
        gamma: 5,
        capacity: { type: 'linear', from: 0, to: 3, steps: 12 },
      },
    };
    await runIn('judged', { recipe: capacity, logEvery: 1 });
    await runIn('alone', { recipe: capacity, logEvery: 1, dataset: tinyDataset({ test: 0 }) });
    const steps = async (name: string) => (await lines(name)).filter(({ kind }) => kind === 'step');
    expect(await steps('judged')).toEqual(await steps('alone'));
    expect((await steps('judged')).map(({ capacity }) => capacity)).toEqual(
      Array.from({ length: 12 }, (_, i) => 3 * (i / 12)),
    );
  });
});

describe('judging a part of the data', () => {
  it('gives the mean over all samples with the same draws each time, whatever their number', async () => {
    const recipe = tinyRecipe();
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const compiled = await inThreadOrt.compile({ evaluate: programs.evaluate }, initialState(programs, 0));
    const split = tinyDataset({ train: 450 }).train;
    const options = { program: programs.evaluate, split, itemSize: 64, binarize: 0.5, seed: 0 };
    const whole = await evaluate(compiled, options, { step: 0 });
    expect(await evaluate(compiled, options, { step: 9 })).toEqual(whole);
    expect(whole.samples).toBe(450);
    const [first, rest] = [
      await evaluate(compiled, options, { step: 0, limit: 7 }),
      await evaluate(compiled, options, { step: 0, limit: 449 }),
    ];
    expect([first.samples, rest.samples]).toEqual([7, 449]);
    const { bound } = await evaluate(compiled, { ...options, split: { ...split, size: 450 } }, { step: 0 });
    expect(bound).toBe(whole.bound);
    // The last sample alone is what is missing from the mean of the others.
    const alone = 450 * whole.loss! - 449 * rest.loss!;
    expect(alone).toBeGreaterThan(10);
    expect(alone).toBeLessThan(100);
    expect(whole.standardError).toBeGreaterThan(0);
    await compiled.dispose();
  });
});
