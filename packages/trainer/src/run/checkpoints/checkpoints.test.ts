import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8 } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyRecipe } from '../../testing/tiny-training.js';
import { RunFolder } from '../folder.js';
import type { Checkpoint } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import { sealedZip } from './seal.js';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('./checkpoint.js', async (original) => {
  const module = await original<typeof import('./checkpoint.js')>();
  const saveCheckpoint: typeof module.saveCheckpoint = async (...given) => {
    if (disk.isFull) throw new Error('no space');
    await module.saveCheckpoint(...given);
  };
  return { ...module, saveCheckpoint };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-checkpoints-'));
});
afterEach(() => rm(root, { recursive: true }));

const at = (step: number): Checkpoint => ({
  progress: { recipe: tinyRecipe(), dataset: 'bars', step, epoch: 0, partial: { sums: {}, samples: 0 } },
  state: { w: { data: Float32Array.of(step), shape: [1] } },
});
const names = async () => (await readdir(join(root, 'checkpoints'))).sort();

const remove = (name: string) => rm(join(root, 'checkpoints', name));

async function damage(name: string): Promise<void> {
  const path = join(root, 'checkpoints', name);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await writeFile(path, bytes);
}

describe('the checkpoints of a run', () => {
  it('are the last, the one before, and those kept for good', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root), 2);
    for (const step of [1, 2, 3, 4, 5]) await checkpoints.saveLast(at(step));
    expect(await names()).toEqual(['last.zip', 'previous.zip', 'step-00000002.zip', 'step-00000004.zip']);
    expect((await checkpoints.loadNewest())!.progress.step).toBe(5);
    await rm(join(root, 'checkpoints', 'last.zip'));
    expect((await checkpoints.loadNewest())!.progress.step).toBe(4);
  });

  // Nothing, less than a zip file's end, just that, some, all but the checksum and the end, all but the end, all but a part of it
  it.each([0, 21, 22, 400, -93, -22, -1])(
    'fall back to the one before when the last is cut off at %i bytes',
    async (length) => {
      const checkpoints = new Checkpoints(new RunFolder(root));
      for (const step of [7, 8]) await checkpoints.saveLast(at(step));
      const last = join(root, 'checkpoints', 'last.zip');
      await writeFile(last, (await readFile(last)).subarray(0, length));
      const notes: string[] = [];
      const { progress } = (await checkpoints.loadNewest((text) => void notes.push(text)))!;
      expect(progress.step).toBe(7);
      expect(notes.join()).toMatch(/Going on from the one before it, after step 7\.$/);
    },
  );

  it('do not fall back where a newer version of the program wrote the last', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root));
    for (const step of [7, 8]) await checkpoints.saveLast(at(step));
    const header = strToU8(JSON.stringify({ format: 'vae-checkpoint', version: 99 }));
    await writeFile(join(root, 'checkpoints', 'last.zip'), sealedZip([['checkpoint.json', [header]]]));
    await expect(checkpoints.loadNewest()).rejects.toMatchObject({ code: 'newer-file' });
  });

  it('fall back to the one before when the last is damaged, and say so', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root));
    for (const step of [7, 8]) await checkpoints.saveLast(at(step));
    await damage('last.zip');
    const notes: string[] = [];
    const { progress, state } = (await checkpoints.loadNewest((text) => void notes.push(text)))!;
    expect([progress.step, ...state.w.data]).toEqual([7, 7]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /last\.zip: not a usable checkpoint .* Going on from the one before it, after step 7\.$/,
    );
  });

  it.each([
    ['damaged', damage, 'not a usable checkpoint (its bytes do not match their checksum)'],
    ['missing', remove, 'the checkpoint is missing'],
  ])('fall back to the best when the others are %s, and say so', async (_, lose, reason) => {
    const checkpoints = new Checkpoints(new RunFolder(root));
    await checkpoints.saveBest(at(3));
    for (const step of [7, 8]) await checkpoints.saveLast(at(step));
    for (const name of ['last.zip', 'previous.zip']) await lose(name);
    const notes: string[] = [];
    const { progress, state } = (await checkpoints.loadNewest((text) => void notes.push(text)))!;
    expect([progress.step, ...state.w.data]).toEqual([3, 3]);
    const last = join(root, 'checkpoints', 'last.zip');
    expect(notes).toEqual([`${last}: ${reason}. Going on from the best one, after step 3.`]);
  });

  it('fall back to the newest of those kept for good when the others are lost, and say so', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root), 2);
    for (const step of [8, 9, 10, 11, 12, 99_999_998, 100_000_000, 100_000_001])
      await checkpoints.saveLast(at(step));
    for (const name of ['last.zip', 'previous.zip']) await remove(name);
    const last = join(root, 'checkpoints', 'last.zip');
    const goOn = async () => {
      const notes: string[] = [];
      const { progress } = (await checkpoints.loadNewest((text) => void notes.push(text)))!;
      expect(notes).toEqual([
        `${last}: the checkpoint is missing. Going on from the newest whole one that was kept, after step ${progress.step}.`,
      ]);
      return progress.step;
    };
    expect(await goOn()).toBe(100_000_000);
    for (const step of ['100000000', '99999998']) await remove(`step-${step}.zip`);
    expect(await goOn()).toBe(12);
  });

  it('are refused when none is whole, and are none in an empty folder', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root));
    expect(await checkpoints.loadNewest()).toBeUndefined();
    for (const step of [1, 2]) await checkpoints.saveLast(at(step));
    await checkpoints.saveBest(at(1));
    for (const name of await names()) await damage(name);
    const start = `${join(root, 'checkpoints', 'last.zip')}: not a usable checkpoint (its bytes do not match their checksum). No other is whole, so there is nothing to go on from.`;
    await expect(checkpoints.loadNewest()).rejects.toMatchObject({
      code: 'bad-file',
      message: `${start} Begin a new run with another --out, or with --overwrite.`,
    });
    await mkdir(join(root, 'vae'));
    await expect(checkpoints.loadNewest()).rejects.toThrow(
      `${start} The model in ${join(root, 'vae')} is as it was. Begin a new run with another --out, or with --overwrite, which replaces the model too.`,
    );
  });

  it('stay as they are when a new one cannot be written', async () => {
    const checkpoints = new Checkpoints(new RunFolder(root));
    for (const step of [1, 2]) await checkpoints.saveLast(at(step));
    const bytes = async () => {
      const files = await Promise.all(
        (await names()).map((name) => readFile(join(root, 'checkpoints', name))),
      );
      return files.map((file) => file.toString('base64'));
    };
    const before = await bytes();
    disk.isFull = true;
    await expect(checkpoints.saveLast(at(3))).rejects.toThrow('no space');
    expect(await names()).toEqual(['last.zip', 'previous.zip']);
    expect(await bytes()).toEqual(before);
    disk.isFull = false;
    await checkpoints.saveLast(at(4));
    await damage('last.zip');
    expect((await checkpoints.loadNewest())!.progress.step).toBe(2);
  });
});
