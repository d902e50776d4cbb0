import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import type { takeLock } from './lock.js';
import { openRun } from './open.js';
import { train } from './train.js';
import type { TrainOptions } from './types.js';

const meanwhile = vi.hoisted(() => ({ do: () => {} }));
vi.mock('./lock.js', async (original) => {
  const module = await original<{ takeLock: typeof takeLock }>();
  const late: typeof takeLock = (...given) => {
    meanwhile.do();
    return module.takeLock(...given);
  };
  return { takeLock: late };
});

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-open-'));
  out = join(root, 'run');
});
afterEach(async () => {
  meanwhile.do = () => {};
  await rm(root, { recursive: true });
});

const notes: string[] = [];
const options = (changes: Partial<TrainOptions> = {}): TrainOptions => ({
  recipe: tinyRecipe(),
  dataset: tinyDataset(),
  engine: 'reference',
  log: [],
  out,
  events: { onNote: (text) => void notes.push(text) },
  ...changes,
});
beforeEach(() => void notes.splice(0));

/** The names of the files of the run and what is in them. */
async function files(): Promise<[name: string, content: string][]> {
  const names = (await readdir(out, { recursive: true })).sort();
  const whole = names.filter((name) => /\.[a-z]+$|tfevents/.test(name));
  return Promise.all(
    whole.map(async (name): Promise<[string, string]> => [name, await readFile(join(out, name), 'base64')]),
  );
}

it('a run that another process writes is not looked at, however it stands', async () => {
  await train(options({ steps: 2 }));
  await writeFile(join(out, 'checkpoints/last.zip'), 'half of it');
  const writer = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
  await writeFile(join(out, 'run.lock'), String(writer.pid));
  await expect(openRun(options({ resume: true }))).rejects.toThrow(
    `process ${writer.pid} is training in this folder`,
  );
  expect(notes).toEqual([]);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  await expect(openRun(options({ resume: true }))).rejects.toThrow('last.zip: not a usable checkpoint');
  expect(await readdir(out)).not.toContain('run.lock');
});

it('a run that another process began and ended after the first look is not replaced', async () => {
  meanwhile.do = () => {
    mkdirSync(join(out, 'vae'));
    writeFileSync(join(out, 'vae/vae.json'), 'its model');
  };
  await expect(openRun(options())).rejects.toMatchObject({ code: 'run-exists' });
  expect(await readFile(join(out, 'vae/vae.json'), 'utf8')).toBe('its model');
  expect(await readdir(out)).toEqual(['vae']);
});

it('what a resumed run does otherwise is said, where there is anything left to do', async () => {
  await train(options({ steps: 2 }));
  const recipe = tinyRecipe({ optimizer: { type: 'adam', learningRate: 0.5 } });
  await train(options({ recipe, steps: 2, resume: true }));
  expect(notes).toEqual([]);
  await train(options({ recipe, steps: 4, resume: true }));
  expect(notes).toEqual([
    'From here on "optimizer.learningRate" is 0.5 (it was 0.01), "steps" is 4 (it was 2).',
  ]);
  notes.splice(0);
  await train(options({ recipe, steps: 4, resume: true }));
  expect(notes).toEqual([]);
});

it('a run that failed before its first checkpoint is in nobody’s way, and its log stays until then', async () => {
  const recipe = tinyRecipe({ batch: 44, optimizer: { type: 'sgd', learningRate: 3e38 }, epochs: 1 });
  await expect(train(options({ recipe }))).rejects.toMatchObject({ code: 'not-a-number' });
  expect(await readdir(out)).toEqual(expect.arrayContaining(['recipe.json', 'run.json']));
  await expect(train(options({ recipe }))).rejects.toMatchObject({ code: 'not-a-number' });
  notes.splice(0);
  expect(await train(options({ steps: 2 }))).toMatchObject({ steps: 2 });
  expect(notes).toEqual([
    `${out} held a run that ended before its first checkpoint; this one takes its place.`,
  ]);
  await expect(train(options({ steps: 2 }))).rejects.toMatchObject({ code: 'run-exists' });
});

it('what is left of a failed run comes back where the next one cannot begin', async () => {
  await mkdir(out);
  await writeFile(join(out, 'run.json'), '{"dataset":"bars"}');
  await expect(openRun(options({ log: ['mlflow:http://127.0.0.1:9/none'] }))).rejects.toThrow(
    'http://127.0.0.1:9',
  );
  expect(await readFile(join(out, 'run.json'), 'utf8')).toBe('{"dataset":"bars"}');
});

it('other data than the run began with are refused, and change nothing', async () => {
  await train(options({ steps: 2 }));
  const before = await readFile(join(out, 'recipe.json'), 'utf8');
  await expect(
    openRun(options({ resume: true, steps: 4, dataset: tinyDataset({ train: 40 }) })),
  ).rejects.toMatchObject({
    code: 'bad-data',
    message: `${out}: the data are not those of the run: 44 samples then, 40 now. Give it the old data to go on, or begin a new run with another --out.`,
  });
  expect(await readFile(join(out, 'recipe.json'), 'utf8')).toBe(before);
  expect(await train(options({ resume: true, steps: 4 }))).toMatchObject({ steps: 4 });
});

it('a resume that cannot start changes nothing', async () => {
  // Six steps are an epoch: the record of the eighth goes where the run goes on.
  await train(options({ steps: 8, log: ['tensorboard'] }));
  const recipe = tinyRecipe({ optimizer: { type: 'adam', learningRate: 0.7 } });
  const again = options({
    recipe,
    steps: 12,
    resume: true,
    log: ['tensorboard', 'mlflow:http://127.0.0.1:1/x'],
  });
  const before = await files();
  await expect(openRun(again)).rejects.toMatchObject({ code: 'bad-option' });
  expect(await files()).toEqual(before);
  await writeFile(join(out, 'metrics.jsonl'), 'no record\n');
  const damaged = await files();
  await expect(openRun({ ...again, log: ['tensorboard'] })).rejects.toMatchObject({ code: 'bad-file' });
  expect(await files()).toEqual(damaged);
});

it('what was changed on the way stands beside the command that began the run', async () => {
  const facts = async () => JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
  await train(options({ steps: 2, command: 'vae-train tiny --steps 2' }));
  expect(await facts()).not.toHaveProperty('changes');
  const recipe = tinyRecipe({ optimizer: { type: 'adam', learningRate: 0.5 } });
  const again = { resume: true, recipe, command: 'vae-train again' };
  const first = { step: 2, text: '"optimizer.learningRate" is 0.5 (it was 0.01), "steps" is 4 (it was 2)' };
  await train(options({ ...again, steps: 4 }));
  expect(await facts()).toMatchObject({ command: 'vae-train tiny --steps 2', changes: [first] });
  // Nothing is left to train, so nothing changes.
  await train(options({ ...again, recipe: tinyRecipe(), steps: 4 }));
  expect((await facts()).changes).toEqual([first]);
  await train(options({ ...again, steps: 6 }));
  expect((await facts()).changes).toEqual([first, { step: 4, text: '"steps" is 6 (it was 4)' }]);
});

it('a resume of a folder without a run leaves what is no run’s as it is', async () => {
  await mkdir(out);
  await writeFile(join(out, 'photo.jpg'), 'a photo');
  await expect(openRun(options({ resume: true }))).rejects.toThrow(
    'holds photo.jpg, which is not part of a run',
  );
  expect(await readdir(out)).toEqual(['photo.jpg']);
});

it('a signal before training begins leaves all as it was, and rejects with its reason', async () => {
  const reason = new Error('not today');
  const signal = AbortSignal.abort(reason);
  await expect(train(options({ signal }))).rejects.toBe(reason);
  expect(await readdir(root)).toEqual([]);
  await train(options({ steps: 2 }));
  const before = await files();
  await expect(train(options({ overwrite: true, signal }))).rejects.toBe(reason);
  expect(await files()).toEqual(before);
  // The folder is locked just before the engine is made.
  const late = () => {
    const controller = new AbortController();
    meanwhile.do = () => controller.abort(reason);
    return controller.signal;
  };
  await expect(train(options({ overwrite: true, signal: late() }))).rejects.toBe(reason);
  await expect(train(options({ resume: true, steps: 4, signal: late() }))).rejects.toBe(reason);
  expect(await files()).toEqual(before);
});

it('a file in the place of the folder is said', async () => {
  await writeFile(out, 'a file');
  await expect(openRun(options({ resume: true }))).rejects.toThrow('a file of that name is in the way');
});
