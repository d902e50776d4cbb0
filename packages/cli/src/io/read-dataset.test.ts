import type { Manifest } from '@vae/sdk/manifest';
import { openDataset } from '@vae/trainer';
import { describe, expect, it } from 'vitest';
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
    await expect(readDataset({ manifest: undefined, dataShape }, undefined, options)).rejects.toThrow(
      'The model does not say what it was trained on; add --data or images.',
    );
  });
});
