import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { parseManifest } from '@vae/sdk/manifest';
import { decodePng } from '@vae/sdk/media';
import { describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import {
  at,
  bytesOf,
  type Changes,
  epochsOf,
  lastCheckpoint,
  logOf,
  runIn,
  useRunFolder,
} from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

it('says that no latent dimension is in use, and nothing where one is', async () => {
  const notes: string[] = [];
  const events = { onNote: (text: string) => void notes.push(text) };
  const sgd = (learningRate: number) => ({
    recipe: { optimizer: { type: 'sgd', learningRate } as const, epochs: 1 },
  });
  // A KL of weight 1000 at once drives every code to the prior.
  const strong = { type: 'betaVae', beta: 1000 } as const;
  await runIn('collapsed', { events, recipe: { objective: strong, epochs: 12 } });
  const last = (await epochsOf('collapsed')).at(-1)!;
  expect(last.activeUnits).toBe(0);
  expect(notes.filter((text) => text.startsWith('No latent dimension is in use'))).toHaveLength(1);
  notes.length = 0;
  await runIn('used', { events, ...sgd(1e-6) });
  expect((await epochsOf('used')).at(-1)!.activeUnits).toBeGreaterThan(0);
  expect(notes.join()).not.toContain('No latent dimension');
  await runIn('single', { events, dataset: tinyDataset({ train: 1, test: 0 }) });
  expect(notes.join()).not.toContain('No latent dimension');
});

it('draws no more than a hundred epochs where steps decide how many there are', async () => {
  await runIn('run', { dataset: tinyDataset({ train: 8, test: 0 }), steps: 103 });
  const drawn = (await readdir(at('run', 'pictures'))).filter((name) => name.startsWith('epoch-'));
  // Every second of 103, and the last, which is the exported one.
  expect(drawn).toHaveLength(52);
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
    const files = await readdir(at('run'));
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
    expect((await readdir(at('run', 'vae'))).sort()).toEqual(
      ['README.md', 'decoder.onnx', 'encoder.onnx', 'preview.png', 'vae.json'].sort(),
    );
    expect((await readdir(at('run', 'pictures'))).sort()).toEqual([
      'epoch-001.png',
      'epoch-002.png',
      'manifold.png',
      'training.gif',
    ]);
    expect(await readdir(at('run', 'checkpoints'))).toEqual(['last.zip', 'previous.zip']);
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
      model: at('run', 'vae'),
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
    const log = await logOf('run');
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
    const losses = (await epochsOf('run')).map((record) => record.train.loss!);
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
    expect(await epochsOf('two')).toEqual(await epochsOf('one'));
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
    expect(existsSync(at('run', 'report.html'))).toBe(true);
  });
});

it('refuses data of no known kind before it begins', async () => {
  const dataset = { ...tinyDataset(), kind: 'table' as 'vector' };
  const refused = runIn('run', { dataset });
  await expect(refused).rejects.toMatchObject({
    code: 'bad-data',
    message: expect.stringContaining('kind is table'),
  });
  expect(existsSync(at('run'))).toBe(false);
});

it('refuses numbers that are too large for any loss before it begins', async () => {
  const one = Float64Array.of(1);
  const statistics = { min: one, max: Float64Array.of(1e38), mean: one, std: one, missing: one };
  const refused = runIn('run', { dataset: { ...tinyDataset(), statistics } });
  await expect(refused).rejects.toMatchObject({
    code: 'bad-data',
    message: expect.stringContaining('values from 1 to 1e+38, whose squares are too large for float32'),
  });
  expect(existsSync(at('run'))).toBe(false);
});

const undescribed = 'bars: no model of these data could be described: vae.json:';
it.each([
  [{ name: '' }, 'The data set\'s name is empty, expected a text such as "faces".'],
  [{ name: undefined }, 'The data set\'s name is undefined, expected a text such as "faces".'],
  [{ classes: ['even', ''] }, `${undescribed} labels.classes.1 is "", expected 1 to 500 characters.`],
  [{ range: [1, 0] }, `${undescribed} data.range is [1,0], expected the lower limit first.`],
])('refuses data that no manifest takes before it trains on them: %o', async (changes, message) => {
  const refused = runIn('run', { dataset: { ...tinyDataset(), ...changes } as unknown as Dataset });
  await expect(refused).rejects.toMatchObject({ code: 'bad-data', message });
  expect(existsSync(at('run'))).toBe(false);
});

it('refuses more latent dimensions than a manifest can tell of, and says so', async () => {
  const refused = runIn('run', { recipe: { model: { ...tinyRecipe().model, latent: 65_536 } } });
  await expect(refused).rejects.toThrow(
    /a manifest has at most 1 MiB\. Most of it tells of 65536 latent dimensions: make "latent" smaller\.$/,
  );
});

const dataset = tinyDataset();
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
  expect(existsSync(at('run'))).toBe(false);
});

it('says that what was trained is saved where the model cannot be written', async () => {
  const notes: string[] = [];
  const events = {
    onEpoch: () => writeFile(at('run', 'vae'), 'in the way'),
    onNote: (text: string) => void notes.push(text),
  };
  await expect(runIn('run', { steps: 3, events })).rejects.toMatchObject({ code: 'bad-file' });
  expect(notes.at(-1)).toBe(
    `The model and its pictures could not all be written. What was trained is saved in ${at('run')}, after step 3: --resume writes them.`,
  );
  await rm(at('run', 'vae'));
  expect((await runIn('run', { steps: 3, resume: true })).steps).toBe(3);
  expect(existsSync(at('run', 'vae', 'vae.json'))).toBe(true);
});

it('passes on what a data set throws, whatever it is', async () => {
  const nothing = () => {
    throw null;
  };
  const broken = { ...dataset, train: { ...dataset.train, read: nothing } };
  await expect(runIn('run', { dataset: broken })).rejects.toBe(null);
});

describe('a run that is stopped', () => {
  it('ends after the step under way, with a checkpoint and no model', async () => {
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 4 && controller.abort());
    const result = await runIn('run', { signal: controller.signal, events: { onStep } });
    expect(result).toMatchObject({ interrupted: true, steps: 4 });
    expect(Number.isFinite(result.train.loss)).toBe(true);
    expect((await lastCheckpoint('run')).progress).toMatchObject({
      step: 4,
      epoch: 0,
      partial: { samples: 32 },
    });
    expect(existsSync(at('run', 'vae'))).toBe(false);
  });

  it('has checkpoints as often as asked', async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const onStep = async ({ step }: { step: number }) => {
      seen.push((await loadCheckpoint(at('run', 'checkpoints', 'last.zip')))?.progress.step ?? 0);
      if (step === 6) controller.abort();
    };
    await runIn('run', { checkpointEvery: 2, signal: controller.signal, events: { onStep } });
    expect(seen.slice(0, 5)).toEqual([0, 0, 2, 2, 4]);
  });
});
