import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyRecipe } from '../../testing/tiny-training.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { sealedZip } from './seal.js';

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

const sealed = (files: Record<string, Uint8Array>): AsyncIterable<Uint8Array> =>
  sealedZip(Object.entries(files).map(([name, bytes]) => [name, [bytes]]));

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
  ])('that is %s is refused', async (_, damage) => {
    await saveCheckpoint(path, checkpoint);
    await writeFile(path, damage(await readFile(path)));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
      message: expect.stringMatching(/last\.zip: not a usable checkpoint \(.+\)\.$/),
    });
  });

  it('of another kind is refused', async () => {
    await saveCheckpoint(path, checkpoint);
    const of = (header: object) => sealed({ 'checkpoint.json': strToU8(JSON.stringify(header)) });
    await writeFile(path, of({ format: 'vae-notes', version: 2 }));
    await expect(loadCheckpoint(path)).rejects.toThrow(
      'not a usable checkpoint (it is vae-notes version 2).',
    );
    await writeFile(path, zipSync({ 'other.txt': strToU8('hello') }));
    await expect(loadCheckpoint(path)).rejects.toThrow('not a usable checkpoint');
  });

  it.each([
    ['with a checksum where this one has it', 3, sealed],
    ['without', 99, (files: Record<string, Uint8Array>) => zipSync(files)],
  ])('of a later version is refused with both versions named, %s', async (_, version, zip) => {
    await saveCheckpoint(path, checkpoint);
    const { 'checkpoint.json': header, ...arrays } = unzipSync(await readFile(path));
    const later = strToU8(JSON.stringify({ ...JSON.parse(strFromU8(header)), version }));
    await writeFile(path, zip({ 'checkpoint.json': later, ...arrays }));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({
      code: 'newer-file',
      message: `${path}: is a checkpoint of version ${version}, and this program reads versions 1 to 2. Go on with a newer @vae/trainer, or choose another --out.`,
    });
  });

  it('that names a place beyond every file is refused', async () => {
    await saveCheckpoint(path, checkpoint);
    // APPNOTE.TXT 6.3.10, sections 4.3.15 and 4.3.16: where the end record of a large archive is, before the usual one.
    const bytes = Buffer.alloc(142);
    bytes.writeUInt32LE(0x07064b50, 100);
    bytes.writeBigUInt64LE(2n ** 62n, 108);
    bytes.writeUInt32LE(0x06054b50, 120);
    await writeFile(path, bytes);
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('of this version without a checksum is refused', async () => {
    await saveCheckpoint(path, checkpoint);
    await writeFile(path, zipSync(unzipSync(await readFile(path))));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('(its checksum is missing)'),
    });
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

  it('with one bit turned over anywhere is refused by its checksum', async () => {
    await saveCheckpoint(path, checkpoint);
    const bytes = await readFile(path);
    const flips = process.env.VAE_TEST_LONG === '1' ? 8 * bytes.length : 1000;
    // Where the mark of the checksum itself is damaged, the file is one without a checksum.
    const mark = bytes.lastIndexOf('sha256:');
    for (let i = 0; i < flips; i++) {
      const bit = Math.floor((i * 8 * bytes.length) / flips);
      const at = bit >> 3;
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (bit & 7);
      await writeFile(path, damaged);
      const isMark = at >= mark && at < mark + 'sha256:'.length;
      await expect(loadCheckpoint(path), `bit ${bit}`).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringContaining(
          isMark ? 'its checksum is missing' : 'its bytes do not match their checksum',
        ),
      });
    }
  });

  it.skipIf(!existsSync('/dev/full'))('says how many bytes did not fit', async () => {
    await saveCheckpoint(path, checkpoint);
    const contents = Object.values(unzipSync(await readFile(path)));
    const size = contents.reduce((sum, { length }) => sum + length, 0);
    await expect(saveCheckpoint('/dev/full', checkpoint)).rejects.toMatchObject({
      code: 'not-saved',
      message: expect.stringContaining(
        `could not write the checkpoint after step 17, ${size} bytes: no space left on the disk; there is none before it. ` +
          'Make room or give permission, then start again.',
      ),
    });
    const best = join(dirname(path), 'best.zip');
    await symlink('/dev/full', best);
    await expect(saveCheckpoint(best, checkpoint)).rejects.toThrow(
      /; the one before it is untouched\. .*, then go on with --resume\.$/,
    );
  });
});
