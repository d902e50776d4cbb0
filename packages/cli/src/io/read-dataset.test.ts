import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@vae/sdk/manifest';
import { encodePng } from '@vae/sdk/media';
import { openDataset } from '@vae/trainer';
import { afterAll, describe, expect, it } from 'vitest';
import { concatenate } from '../tensors.js';
import { readDataset } from './read-dataset.js';

const dataShape = [1, 28, 28];
const trained = { training: { dataset: 'digits', seed: 3 } } as Manifest;
const onNote = () => {};

async function all(batches: AsyncIterable<{ data: Float32Array; shape: readonly number[] }>) {
  const found = [];
  for await (const batch of batches) found.push(batch);
  return found;
}

describe('readDataset', () => {
  it('gives the first images of a part in batches, by default of what the model was trained on', async () => {
    const { name, size, batches } = await readDataset({ manifest: trained, dataShape }, undefined, {
      part: 'train',
      count: 200,
      onNote,
    });
    expect([name, size]).toEqual(['digits (train)', 200]);
    const found = await all(batches);
    expect(found.map(({ shape }) => shape)).toEqual([
      [128, ...dataShape],
      [72, ...dataShape],
    ]);
    const { train } = await openDataset('digits', { seed: 3 });
    const expected = new Float32Array(200 * 784);
    await train.read(
      Array.from({ length: 200 }, (_, index) => index),
      expected,
    );
    expect(concatenate(found).data).toEqual(expected);
  });

  it('refuses images of another shape, and a model that names no data set', async () => {
    const options = { part: 'test', onNote } as const;
    await expect(
      readDataset({ manifest: undefined, dataShape: [3, 8, 8] }, 'digits', options),
    ).rejects.toThrow(
      '--data digits has images of 1 × 28 × 28 (C × H × W), the model takes 3 × 8 × 8; choose another data set.',
    );
    const photos = mkdtempSync(join(tmpdir(), 'vae-photos-'));
    writeFileSync(
      join(photos, 'a.png'),
      encodePng({ width: 5, height: 4, channels: 1, data: new Uint8Array(20) }),
    );
    const given = readDataset({ manifest: undefined, dataShape: [1, 6, 8] }, `images:${photos}`, options);
    await expect(given.finally(() => rmSync(photos, { recursive: true }))).rejects.toThrow(
      'has images of 3 × 4 × 5 (C × H × W), the model takes 1 × 6 × 8; add the options size=6x8 and grey.',
    );
    await expect(readDataset({ manifest: undefined, dataShape }, undefined, options)).rejects.toThrow(
      'The model does not say what it was trained on; name data with --data, or give files.',
    );
  });
});

describe('data without a test part', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vae-no-part-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const csv = join(folder, 'people.csv');
  writeFileSync(csv, 'a,b\n10,200\n20,50\n15,100\n');
  const read = (dataset: string, spec?: string) => {
    const notes: string[] = [];
    const model = { manifest: { training: { dataset } } as Manifest, dataShape: [2] };
    const found = readDataset(model, spec, { part: 'test', onNote: (note) => notes.push(note) });
    return { found, notes };
  };

  it('are judged whole where they are named', async () => {
    const { found, notes } = read('digits', `csv:${csv}`);
    const { name, size, batches } = await found;
    expect([name, size]).toEqual(['csv:people.csv (all)', 3]);
    expect(concatenate(await all(batches)).data).toEqual(Float32Array.of(10, 200, 20, 50, 15, 100));
    expect(notes).toEqual(['csv:people.csv has no test part: all its 3 items are used.']);
  });

  it('are refused where a model was trained on them, with what to do', async () => {
    await expect(read(`csv:${csv}`).found).rejects.toThrow(
      `The model was trained on csv:${csv}, which has no test part. Name data that it has not seen with --data csv:FILE, or give files; --data csv:${csv} uses all of what it was trained on.`,
    );
  });

  it('are named as a shell takes them', async () => {
    await expect(read(`csv:${csv}?bad=skip`).found).rejects.toThrow(
      `or give files; --data 'csv:${csv}?bad=skip' uses all of what it was trained on.`,
    );
  });

  it('are looked for where they may be', async () => {
    await expect(read('csv:nowhere.csv?label=a').found).rejects.toThrow(
      /^The model was trained on csv:nowhere\.csv\?label=a\. .*nowhere\.csv.* Say where the data are with --data csv:FOLDER\/nowhere\.csv\?label=a, or give files\.$/,
    );
    await expect(read('digits', 'csv:nowhere.csv').found).rejects.not.toThrow('trained on');
  });
});

describe('a data set for a model that normalises', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vae-read-dataset-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const csv = join(folder, 'people.csv');
  writeFileSync(csv, 'a,b\n10,200\n20,50\n15,100\n');
  const manifest = (normalize?: object) =>
    ({ data: { ...(normalize && { preprocess: { normalize } }) }, training: { seed: 0 } }) as Manifest;
  const normalizing = manifest({ offset: [0, 0], scale: [1, 1] });

  it.each(['?normalize=minmax', '?normalize=standard', '?range=0,250', '?bad=skip&normalize=minmax', '?'])(
    'gives values as they are in the file, whatever the spec says: %s',
    async (query) => {
      const options = { part: 'train', onNote } as const;
      const { batches } = await readDataset(
        { manifest: normalizing, dataShape: [2] },
        `csv:${csv}${query}`,
        options,
      );
      const { data } = concatenate(await all(batches));
      const expected = [10, 200, 20, 50, 15, 100];
      for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 4);
    },
  );

  it('and scaled ones for a model that does not', async () => {
    const { batches } = await readDataset(
      { manifest: manifest(), dataShape: [2] },
      `csv:${csv}?normalize=minmax`,
      { part: 'train', onNote },
    );
    // The smallest is 0 and the largest 1: (15 - 10) / 10, (100 - 50) / 150.
    expect(concatenate(await all(batches)).data).toEqual(
      Float32Array.of(0, 1, 1, 0, 0.5, Math.fround(1 / 3)),
    );
  });

  it('says what the items of another table are', async () => {
    await expect(
      readDataset({ manifest: normalizing, dataShape: [3] }, `csv:${csv}?`, { part: 'train', onNote }),
    ).rejects.toThrow('has items of 2, the model takes 3; choose another data set.');
  });
});
