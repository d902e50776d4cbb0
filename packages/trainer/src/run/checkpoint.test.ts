import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import { type Checkpoint, loadCheckpoint, requireSameSettings, saveCheckpoint } from './checkpoint.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-checkpoint-'));
  path = join(folder, 'checkpoints', 'last.zip');
});
afterEach(() => rm(folder, { recursive: true }));

const checkpoint: Checkpoint = {
  progress: {
    recipe: tinyRecipe(),
    dataset: 'bars',
    step: 17,
    epoch: 2,
    partial: { sums: { loss: 0.1 + 0.2 }, samples: 40 },
    best: {
      epoch: 2,
      step: 16,
      train: { loss: 12.5, bound: null },
      validation: { loss: 12.345678901234567, bound: -12.345678901234567 },
      seconds: 1,
      samplesPerSecond: 80,
      waited: 0,
    },
  },
  state: {
    'encoder.0-dense.weight': { data: Float32Array.of(1, -2.5, 1e-42, 3.4e38, -0, 0.1), shape: [2, 3] },
    'adam.correction1': { data: Float32Array.of(0.1), shape: [] },
  },
};

describe('a checkpoint', () => {
  it('comes back bit by bit', async () => {
    await saveCheckpoint(path, checkpoint);
    expect(await loadCheckpoint(path)).toEqual(checkpoint);
  });

  it('is the same bytes for the same state', async () => {
    await saveCheckpoint(path, checkpoint);
    const first = await readFile(path);
    await saveCheckpoint(path, checkpoint);
    expect((await readFile(path)).equals(first)).toBe(true);
  });

  it('is a zip file of .npy arrays beside its header', async () => {
    await saveCheckpoint(path, checkpoint);
    const text = (await readFile(path)).toString('latin1');
    expect(text.startsWith('PK')).toBe(true);
    expect(text).toContain('checkpoint.json');
    expect(text).toContain('adam.correction1.npy');
  });

  it('that is not there is undefined', async () => {
    expect(await loadCheckpoint(path)).toBeUndefined();
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('not a zip file at all, whatever its name says')],
  ])('that is %s is refused with what to do', async (_, damage) => {
    await saveCheckpoint(path, checkpoint);
    await writeFile(path, damage(await readFile(path)));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
      message: expect.stringMatching(
        /last\.zip: not a usable checkpoint \(.+\)\. Delete it to start afresh\.$/,
      ),
    });
  });

  it('of another kind or version is refused with both named', async () => {
    await saveCheckpoint(path, checkpoint);
    const of = (header: object) => zipSync({ 'checkpoint.json': strToU8(JSON.stringify(header)) });
    await writeFile(path, of({ format: 'vae-checkpoint', version: 2 }));
    await expect(loadCheckpoint(path)).rejects.toThrow(
      'it is vae-checkpoint version 2, this program reads vae-checkpoint version 1',
    );
    await writeFile(path, zipSync({ 'other.txt': strToU8('hello') }));
    await expect(loadCheckpoint(path)).rejects.toThrow('not a usable checkpoint');
  });

  it('whose numbers changed on the disk is refused', async () => {
    await saveCheckpoint(path, checkpoint);
    const bytes = await readFile(path);
    // The bytes of 0.1, the last number of the weight
    const at = bytes.indexOf(Buffer.from(Float32Array.of(-0, 0.1).buffer)) + 4;
    expect(at).toBeGreaterThan(4);
    bytes[at] ^= 0x40;
    await writeFile(path, bytes);
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('that is cut off anywhere is refused', async () => {
    await saveCheckpoint(path, checkpoint);
    const bytes = await readFile(path);
    const step = process.env.VAE_TEST_LONG === '1' ? 1 : 23;
    for (let length = 0; length < bytes.length; length += step) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(loadCheckpoint(path), `${length} bytes`).rejects.toMatchObject({ code: 'bad-file' });
    }
  });

  it('with one bit turned over anywhere is refused, or that bit means nothing', async () => {
    await saveCheckpoint(path, checkpoint);
    const bytes = await readFile(path);
    const flips = process.env.VAE_TEST_LONG === '1' ? 8 * bytes.length : 1000;
    let refused = 0;
    for (let i = 0; i < flips; i++) {
      const bit = Math.floor((i * 8 * bytes.length) / flips);
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      await writeFile(path, damaged);
      const loaded = await loadCheckpoint(path).catch((error: { code: string }) => error.code);
      if (loaded === 'bad-file') refused++;
      else expect(loaded, `bit ${bit}`).toEqual(checkpoint);
    }
    // A zip file's dates, versions and attributes are all that nobody reads.
    expect(refused / flips).toBeGreaterThan(0.7);
  });
});

describe('a run that goes on', () => {
  const go = (recipe: object, name = 'bars') =>
    requireSameSettings(checkpoint.progress, {
      recipe: { ...tinyRecipe(), ...recipe },
      dataset: { name },
      out: 'runs/first',
    });

  it('may be longer, and take another step size or name', () => {
    const { optimizer } = tinyRecipe();
    expect(() =>
      go({ epochs: 99, name: 'other', optimizer: { ...optimizer, learningRate: 1e-5 } }),
    ).not.toThrow();
  });

  it.each<[string, object, string?]>([
    ['batch', { batch: 7 }],
    ['seed', { seed: 12345 }],
    ['precision', { precision: 'float16' }],
    ['objective', { objective: { type: 'betaVae', beta: 4, kl: 'closedForm' } }],
    ['data', {}, 'digits'],
  ])('is refused another %s', (key, recipe, name) => {
    expect(() => go(recipe, name)).toThrow(`runs/first: "${key}"`);
  });
});
