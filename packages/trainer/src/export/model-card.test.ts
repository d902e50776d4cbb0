import type { Manifest } from '@vae/sdk/manifest';
import { describe, expect, it } from 'vitest';
import { modelCard } from './model-card.js';

const manifest = {
  format: 'vae',
  version: 1,
  name: 'tiny',
  data: { kind: 'image', shape: [1, 8, 8], range: [0, 1] },
  latent: { kind: 'gaussian', shape: [3] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  prior: { kind: 'standard-normal', mean: [0, 0, 0], std: [1, 1, 1], kl: [1.5, 0.25, 0.009] },
  files: {
    encoder: { path: 'encoder.onnx', bytes: 12345, sha256: 'a'.repeat(64) },
    decoder: { path: 'decoder.onnx', bytes: 678, sha256: 'b'.repeat(64) },
  },
  training: {
    recipe: { name: 'tiny' },
    dataset: 'digits',
    seed: 42,
    steps: 12345,
    engine: 'ort',
    device: 'cpu',
    versions: { '@vae/trainer': '9.8.7' },
  },
  metrics: {
    train: { loss: 101.5, bound: -101.5, gradientNorm: 3 },
    test: { bound: -100.25, loss: 100.25, kl: 1.759, extra: 2, samples: 10000, standardError: 0.5 },
  },
} as Manifest;

describe('modelCard', () => {
  it('names classes as they stand, whatever they would mean in Markdown', () => {
    const labels = { classes: ['eel, big', '<b>', 'a`b', 'two\nlines'], conditional: true };
    const card = modelCard({ ...manifest, labels } as Manifest, '');
    expect(card).toContain('one of 4 (`eel, big`, `<b>`, `` a`b ``, `two lines`).');
  });

  it('tells every measured number with its error and how many samples it is of', () => {
    const card = modelCard(manifest, 'A bound on something.');
    const rows = card.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.slice(0, 6)).toEqual([
      '| nats per sample | train | test, 10,000 samples |',
      '| --- | ---: | ---: |',
      '| bound | -101.500 | -100.250 ± 0.500 |',
      '| loss | 101.500 | 100.250 |',
      '| kl |  | 1.759 |',
      '| extra |  | 2 |',
    ]);
    expect(card).toContain('A bound on something.');
    // 1.5 + 0.25 + 0.009
    expect(card).toContain(
      'Of 3 latent dimensions 2 have a KL to the prior above 0.01 nats; together 1.759 nats',
    );
  });

  it('tells what is done to data before the graphs see them', () => {
    const of = (preprocess: NonNullable<Manifest['data']['preprocess']>) =>
      modelCard({ ...manifest, data: { ...manifest.data, preprocess } }, '').split('\n')[4];
    const end = '`@vae/sdk` and `vae` do that themselves; the graphs alone do not.';
    const normalize = { offset: [1], scale: [2], clip: [0, 1] as [number, number] };
    expect(of({ normalize })).toBe(
      `Values are normalised, (value − offset) / scale, cut off at 0 and 1: the numbers are in \`vae.json\` under \`data.preprocess.normalize\`. ${end}`,
    );
    expect(of({ binarize: 0.5 })).toBe(`Values above 0.5 become 1, others 0. ${end}`);
    const image = { fit: 'cover', window: [20, 16], resized: [9, 9], kernel: 'area', background: 0 } as const;
    expect(of({ image: { ...image, window: [20, 16], resized: [9, 9] } })).toBe(
      `Pictures of any size are turned upright, cut to the middle 20×16 (height×width), cut and scaled to 9×9 (area), cut to the middle 8×8 and made grey (luma of BT.601); see \`data.preprocess.image\` in \`vae.json\`. ${end}`,
    );
    // Drawn bits are drawn while training alone.
    expect(of({ binarize: 'dynamic' })).not.toContain(end);
    expect(modelCard(manifest, '')).not.toContain(end);
  });

  it('tells what the validation part was, which chose the weights, between training and test', () => {
    const validation = { bound: -100.5, loss: 100.5, kl: 1.75, samples: 4000, standardError: 0.25 };
    const metrics = { ...manifest.metrics, validation };
    const rows = modelCard({ ...manifest, metrics }, '').split('\n');
    expect(rows.filter((line) => line.startsWith('|')).slice(0, 5)).toEqual([
      '| nats per sample | train | validation, 4,000 samples | test, 10,000 samples |',
      '| --- | ---: | ---: | ---: |',
      '| bound | -101.500 | -100.500 ± 0.250 | -100.250 ± 0.500 |',
      '| loss | 101.500 | 100.500 | 100.250 |',
      '| kl |  | 1.750 | 1.759 |',
    ]);
    const chosen = 'Train is the mean over the epoch of these weights, while they changed. The';
    expect(rows.join('\n')).toContain(`${chosen} best bound on the validation part chose it.`);
    const autoencoder = { ...manifest, metrics: { ...manifest.metrics, validation: { loss: 100.5 } } };
    expect(modelCard(autoencoder, '')).toContain(`${chosen} lowest loss on the validation part chose it.`);
    expect(modelCard(manifest, '')).toContain(
      'Train is the mean over the last epoch, while the weights changed.',
    );
    expect(modelCard(manifest, '')).not.toContain('validation');
  });

  it('tells how the model was made and what its files are', () => {
    const card = modelCard(manifest, '');
    expect(card).toContain(
      'Trained on data digits, 12,345 steps, seed 42, engine ort (cpu), @vae/trainer 9.8.7.',
    );
    expect(card).toContain(`| encoder.onnx | 12,345 | \`${'a'.repeat(64)}\` |`);
  });

  it('leaves out what a model does not have', () => {
    const card = modelCard(
      {
        ...manifest,
        latent: { kind: 'deterministic', shape: [3] },
        prior: undefined,
        metrics: undefined,
        training: undefined,
      } as Manifest,
      'A bound on something.',
    );
    expect(card).toContain('An autoencoder for images of shape 1×8×8, values 0..1');
    expect(card).toContain('vae.reconstruct');
    expect(card).not.toMatch(/undefined|A bound on|KL to the prior|nats per sample/);
  });
});
