import { manifold } from '@vae/sdk/latent';
import { describe, expect, it } from 'vitest';
import { dataShape, modelFolder } from '../../../sdk/src/testing/models.js';
import {
  at,
  autoencoder,
  codes,
  expectClose,
  model,
  pixelsOf,
  readNpy,
  readPng,
} from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('vae manifold', () => {
  it('maps a 2-D latent', async () => {
    await done('manifold', model, '-n', '3', '-o', at('m.npy'));
    expectClose(readNpy('m.npy'), pixelsOf(manifold({ rows: 3 })), [9, ...dataShape]);
    await done('manifold', model, '-o', at('m.png'));
    expect(readPng('m.png')).toMatchObject({ width: 60, height: 40 });
  });

  it("follows a plain autoencoder's codes", async () => {
    await done('manifold', autoencoder, '-n', '3', '-o', at('ae.npy'));
    expectClose(readNpy('ae.npy'), pixelsOf(manifold({ rows: 3 }, codes)), [9, ...dataShape]);
  });

  it('a map of latents that are not 2-D points at traverse', async () => {
    const other = await modelFolder({ fields: { latent: { kind: 'gaussian', shape: [3] } } });
    const { code, stderr } = await runVae('manifold', other, '-o', at('m.png'));
    expect([code, stderr]).toEqual([
      2,
      `manifold: the latents of "${other}" have 3 dimensions, a map needs 2; use "vae traverse" instead.\n`,
    ]);
  });
});
