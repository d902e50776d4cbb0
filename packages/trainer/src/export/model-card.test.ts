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
