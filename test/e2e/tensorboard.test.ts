import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node, run, temporaryFolder, vaeTrain } from '../support/project.js';

const python = process.env.VAE_TEST_KERAS_PYTHON;

/** What TensorBoard's own reader finds in a folder, as JSON. */
const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0, 'images': 0})
events.Reload()
tags = events.Tags()
histogram = lambda h: [h.min, h.max, h.num, h.sum, list(h.bucket_limit), list(h.bucket)]
print(json.dumps({
    'scalars': {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
    'histograms': {tag: [[e.step, histogram(e.histogram_value)] for e in events.Histograms(tag)] for tag in tags['histograms']},
    'images': {tag: [[e.step, e.width, e.height, e.encoded_image_string[:8].hex()] for e in events.Images(tag)] for tag in tags['images']},
}))
`;

type Histogram = [min: number, max: number, count: number, sum: number, limits: number[], counts: number[]];

interface Events {
  readonly scalars: Readonly<Record<string, [step: number, value: number][]>>;
  readonly histograms: Readonly<Record<string, [step: number, histogram: Histogram][]>>;
  readonly images: Readonly<Record<string, [step: number, width: number, height: number, start: string][]>>;
}

type Line = Readonly<Record<string, unknown>> & { kind: string; step: number };

describe.skipIf(!python)('TensorBoard event files (needs VAE_TEST_KERAS_PYTHON)', () => {
  let shared: Awaited<ReturnType<typeof temporaryFolder>>;
  const words = ['--batch', '2000', '--log-every', '7', '--out', 'run'];
  const folder = () => join(shared.folder, 'run', 'tensorboard');

  const read = async (path: string): Promise<Events> => {
    const done = await run(python!, ['-c', READ, path]);
    expect(done, done.stderr).toMatchObject({ code: 0 });
    return JSON.parse(done.stdout) as Events;
  };
  const train = async (...more: string[]) => {
    const done = await node([vaeTrain, ...more], { cwd: shared.folder });
    expect(done, done.stderr).toMatchObject({ code: 0 });
  };
  const lines = async (): Promise<Line[]> =>
    (await readFile(join(shared.folder, 'run', 'metrics.jsonl'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  beforeAll(async () => {
    shared = await temporaryFolder();
    // 30 steps an epoch; the second start goes on inside the second epoch.
    await train('seed-wiseodd', '--data', 'digits', '--epochs', '2', '--steps', '40', ...words);
  }, 300_000);
  afterAll(() => shared?.remove());

  it('hold what metrics.jsonl holds, weights and codes as histograms, and pictures', async () => {
    const { scalars, histograms, images } = await read(folder());
    const log = await lines();
    for (const name of ['loss', 'bound', 'kl', 'reconstruction', 'gradientNorm', 'learningRate'])
      expect(scalars[`step/${name}`], name).toEqual(
        log
          .filter(({ kind }) => kind === 'step')
          .map((line) => [line.step, Math.fround(line[name] as number)]),
      );
    const epochs = log.filter(({ kind }) => kind === 'epoch');
    expect(scalars['test/bound']).toEqual(
      epochs.map(({ step, test }) => [step, Math.fround((test as { bound: number }).bound)]),
    );
    const kl = epochs.map(({ klPerDimension }) => klPerDimension as number[]);
    expect(scalars['latent/kl/z1'].map(([, value]) => value)).toEqual(kl.map((nats) => Math.fround(nats[1])));
    const weights = Object.keys(histograms).filter((tag) => tag.startsWith('weights/'));
    expect(weights.length).toBeGreaterThan(4);
    for (const [, [min, max, count, , limits, counts]] of Object.values(histograms).flat()) {
      expect(counts.reduce((sum, one) => sum + one, 0)).toBe(count);
      expect(limits.at(-1)).toBe(max);
      expect(min).toBeLessThanOrEqual(max);
    }
    expect(histograms['aggregatedPosterior/z0'].every(([, [, , count]]) => count === 2000)).toBe(true);
    for (const tag of ['pictures/reconstructions', 'pictures/samples'])
      for (const [, width, height, start] of images[tag]) {
        expect(Math.min(width, height)).toBeGreaterThan(100);
        expect(start).toBe('89504e470d0a1a0a');
      }
  });

  it('stay readable up to where they were cut', async () => {
    const [name] = await readdir(folder());
    const whole = await readFile(join(folder(), name!));
    const cut = join(shared.folder, 'cut');
    await mkdir(cut, { recursive: true });
    // Inside the version, in the middle, in the last record's data and in its last checksum.
    for (const [share, steps] of [
      [10, 0],
      [whole.length >> 1, 4],
      [whole.length - 100, 5],
      [whole.length - 2, 5],
    ] as const) {
      await writeFile(join(cut, name!), whole.subarray(0, share));
      const { scalars } = await read(cut);
      expect((scalars['step/loss'] ?? []).length, `${share} of ${whole.length}`).toBeGreaterThanOrEqual(
        steps,
      );
    }
  });

  it('of a run that goes on replace what was logged after its checkpoint', async () => {
    const [first] = await readdir(folder());
    // As if killed after step 42 of a longer run: numbers that the checkpoint of step 40 does not know.
    const longer = join(shared.folder, 'longer');
    await train(
      'seed-wiseodd',
      '--data',
      'digits',
      '--epochs',
      '2',
      '--steps',
      '42',
      ...words.slice(0, 4),
      '--out',
      'longer',
    );
    const [other] = await readdir(join(longer, 'tensorboard'));
    await copyFile(join(longer, 'tensorboard', other!), join(folder(), first!));
    await train('--resume', 'run', '--steps', '60', '--log-every', '7');
    expect(await readdir(folder())).toHaveLength(2);
    const { scalars } = await read(folder());
    expect(scalars['step/loss'].map(([step]) => step)).toEqual([7, 14, 21, 28, 35, 42, 49, 56]);
    const log = await lines();
    const told = log.find(({ kind, step }) => kind === 'step' && step === 42)!;
    expect(scalars['step/loss'].find(([step]) => step === 42)![1]).toBe(Math.fround(told.loss as number));
    expect(scalars['test/loss'].map(([step]) => step)).toEqual([30, 60]);
  }, 300_000);
});
