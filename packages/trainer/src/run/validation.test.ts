import { parseManifest } from '@vae/sdk/manifest';
import { describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { tinyDataset } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import { at, bytesOf, epochsOf, runIn, stepsOf, useRunFolder } from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

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
    const log = await epochsOf('run');
    const bounds = log.map(({ validation }) => validation!.bound!);
    const best = bounds.indexOf(Math.max(...bounds));
    expect(best).toBeLessThan(bounds.length - 1);
    expect(log[0].validation!.samples).toBe(12);
    const chosen = (await loadCheckpoint(at('run', 'checkpoints', 'best.zip')))!;
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
      Math.max(...(await epochsOf('parts')).map(({ validation }) => validation!.bound!)),
    );
  });

  it('is the only one to choose: the test part changes nothing but its own numbers', async () => {
    await runIn('with', { recipe });
    await runIn('without', { recipe, dataset: tinyDataset({ test: 0 }) });
    await runIn('other', {
      recipe,
      dataset: { ...tinyDataset(), test: tinyDataset({ test: 3 }).test } as Dataset,
    });
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
    expect(await stepsOf('judged')).toEqual(await stepsOf('alone'));
    expect((await stepsOf('judged')).map(({ capacity }) => capacity)).toEqual(
      Array.from({ length: 12 }, (_, i) => 3 * (i / 12)),
    );
  });
});
