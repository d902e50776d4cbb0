import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset, Split } from '../data/dataset.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import { Stop } from './stop.js';
import { train } from './train.js';
import type { TrainOptions, TrainResult } from './types.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

let root: string;
let straight: TrainResult;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-stop-'));
  straight = await runIn('straight', {});
});
afterAll(() => rm(root, { recursive: true }));

const runIn = (name: string, options: Partial<TrainOptions>) =>
  train({
    recipe: tinyRecipe(),
    dataset: tinyDataset(),
    threads: 1,
    log: [],
    out: join(root, name),
    ...options,
  });

const checkpoint = async (name: string) =>
  (await loadCheckpoint(join(root, name, 'checkpoints', 'last.zip')))!;

/** Promises that never settle, unless they are made to fail in the end. */
class Hanging {
  private readonly fails: (() => void)[] = [];

  constructor(private readonly begun: () => void = () => {}) {}

  readonly promise = () => {
    setTimeout(this.begun, 20);
    return new Promise<never>((_, reject) => this.fails.push(() => reject(new Error('too late'))));
  };

  fail(): void {
    for (const fail of this.fails) fail();
  }
}

/** A data set of which a part answers a few times only. */
function hangingData(part: 'train' | 'test', answers: number, hanging: Hanging): Dataset {
  const dataset = tinyDataset();
  const { size, read } = dataset[part]!;
  let reads = 0;
  const once: Split['read'] = (...given) => (++reads > answers ? hanging.promise() : read(...given));
  return { ...dataset, [part]: { size, read: once } };
}

/** What hangs, after how many steps at most. */
const cases: [string, number, (hanging: Hanging) => Partial<TrainOptions>][] = [
  ['the first read', 0, (hanging) => ({ dataset: hangingData('train', 0, hanging) })],
  ['a later read', 5, (hanging) => ({ dataset: hangingData('train', 5, hanging) })],
  ['a read of the test part', 6, (hanging) => ({ dataset: hangingData('test', 0, hanging) })],
  // An update is made after a start that was told, so this one is over after its first.
  ['onStart', 1, ({ promise }) => ({ events: { onStart: promise } })],
  ['onStep', 3, ({ promise }) => ({ events: { onStep: ({ step }) => (step < 3 ? step : promise()) } })],
  ['onEpoch', 6, ({ promise }) => ({ events: { onEpoch: promise } })],
  ['onCheckpoint', 6, ({ promise }) => ({ events: { onCheckpoint: promise } })],
];

it('a signal ends what hangs, saved, and the run goes on as if nothing had been', async () => {
  const stopped = cases.map(async ([name, steps, options]) => {
    const controller = new AbortController();
    const hanging = new Hanging(() => controller.abort());
    const result = await runIn(name, { signal: controller.signal, ...options(hanging) });
    expect(result, name).toMatchObject({ ended: 'signal', interrupted: true, model: null, steps });
    expect((await checkpoint(name)).progress.step, name).toBe(steps);
    // Nobody is left to hear it, and it must not end the process.
    hanging.fail();
    const { train: trained, test, ended } = await runIn(name, { resume: true });
    expect({ trained, test, ended }, name).toEqual({
      trained: straight.train,
      test: straight.test,
      ended: 'steps',
    });
    expect((await checkpoint(name)).state, name).toEqual((await checkpoint('straight')).state);
  });
  await Promise.all(stopped);
}, 60_000);

it('a time limit ends what hangs: saved, and with a model where there are data', async () => {
  const limited = cases.map(async ([name, steps, options]) => {
    const isData = name.includes('read');
    const notes: string[] = [];
    const { events, ...rest } = options(new Hanging());
    const onNote = (text: string) => void notes.push(text);
    const result = await runIn(`${name}, limited`, { timeLimit: 1, ...rest, events: { ...events, onNote } });
    expect(result, name).toMatchObject({ ended: 'time', interrupted: isData, steps });
    expect(result.model === null, name).toBe(isData);
    expect((await checkpoint(`${name}, limited`)).progress.step, name).toBe(steps);
    expect(notes, name).toEqual(
      isData
        ? [
            `The data set does not answer. The run is saved in ${result.out} after step ${steps}, without a model, and can be resumed.`,
          ]
        : [],
    );
  });
  await Promise.all(limited);
}, 60_000);

describe('what hangs has left', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const after = (milliseconds: number) =>
    new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));
  const hang = () => new Promise<never>(() => {});

  /** Milliseconds until a wait is given up. */
  async function given(wait: Promise<unknown>): Promise<number> {
    const begun = Date.now();
    let ended = Number.NaN;
    const end = () => {
      ended = Date.now() - begun;
    };
    void wait.then(end, end);
    await vi.advanceTimersByTimeAsync(1e6);
    return ended;
  }

  /** A part of the data whose reads take so long each, and then never end. */
  async function read(stop: Stop, takes: readonly (readonly [samples: number, milliseconds: number])[]) {
    const times = takes.map(([, milliseconds]) => milliseconds);
    const read = () => (times.length > 0 ? after(times.shift()!) : hang());
    const split = stop.guard({ size: 1000, read });
    const take = (samples: number) => split.read({ length: samples }, new Float32Array()) as Promise<void>;
    for (const [samples, milliseconds] of takes) {
      const done = take(samples);
      await vi.advanceTimersByTimeAsync(milliseconds);
      await done;
    }
    return take;
  }

  it.each([
    // Four times the longest before, but ten seconds at least.
    { before: [], samples: 200, seconds: 10 },
    { before: [[8, 480]], samples: 8, seconds: 10 },
    {
      before: [
        [8, 3000],
        [8, 100],
      ],
      samples: 8,
      seconds: 12,
    },
    { before: [[200, 3000]], samples: 1, seconds: 12 },
    // By the number of samples: 60 ms for one are 12 s for 200.
    { before: [[8, 480]], samples: 200, seconds: 48 },
    // A minute more than it may take, at most.
    { before: [[200, 9e4]], samples: 200, seconds: 150 },
  ] as const)(
    'after the time limit and reads of $before: $seconds s',
    async ({ before, samples, seconds }) => {
      const stop = new Stop(undefined);
      const take = await read(stop, before);
      stop.limit(0);
      expect(await given(take(samples))).toBe(1000 * seconds);
    },
  );

  it('by what its own kind took: a slow listener says nothing of data, nor they of it', async () => {
    const controller = new AbortController();
    const stop = new Stop(controller.signal);
    const listener = stop.waitFor(after(5000));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await listener).toBe(true);
    const take = await read(stop, [[8, 600]]);
    controller.abort();
    expect(await given(take(8))).toBe(2400);
    expect(await given(stop.waitFor(hang()))).toBe(20_000);
  });
});
