import { priorSample } from '@vae/sdk/latent';
import { grid } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { dataShape } from '../../../sdk/src/testing/models.js';
import { at, autoencoder, expectClose, model, pixelsOf, readNpy, readPng } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('vae sample', () => {
  it('draws from the prior', async () => {
    await done('sample', model, '--seed', '1', '-o', at('s.npy'));
    expectClose(readNpy('s.npy'), pixelsOf(priorSample(16, 2, { seed: 1 })), [16, ...dataShape]);
    await done('sample', model, '--seed', '1', '-n', '3', '--temperature', '0.5', '-o', at('s3.npy'));
    expectClose(readNpy('s3.npy'), pixelsOf(priorSample(3, 2, { seed: 1, temperature: 0.5 })), [
      3,
      ...dataShape,
    ]);
    await done('sample', model, '--seed', '1', '-n', '3', '--truncation', '0.4', '-o', at('s4.npy'));
    expectClose(readNpy('s4.npy'), pixelsOf(priorSample(3, 2, { seed: 1, truncation: 0.4 })), [
      3,
      ...dataShape,
    ]);
    await done('sample', model, '--seed', '1', '-o', at('s.png'));
    expect(readPng('s.png')).toEqual(grid(readNpy('s.npy'), { columns: 4 }));
  });

  it('notes that a plain autoencoder has no prior', async () => {
    const { code, stderr } = await runVae('sample', autoencoder, '--seed', '1', '-o', at('ae.npy'));
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/no prior.*vae fit, and add --sampler mixture\.\n$/),
    ]);
    expectClose(readNpy('ae.npy'), pixelsOf(priorSample(16, 2, { seed: 1 })), [16, ...dataShape]);
  });

  it('prints one JSON object with --json', async () => {
    const { stdout, stderr } = await runVae('sample', model, '-n', '2', '--json', '-o', at('s.png'));
    expect(JSON.parse(stdout)).toEqual({
      output: at('s.png'),
      count: 2,
      seed: expect.any(Number),
      temperature: 1,
      sampler: 'prior',
      device: expect.stringMatching(/^(cpu|wasm)$/),
    });
    expect(stdout.trim()).not.toContain('\n');
    expect(stderr).toMatch(/^Seed \d+;/);
  });
});
