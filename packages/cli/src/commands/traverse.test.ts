import { traverse } from '@vae/sdk/latent';
import { grid } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { dataShape, modelFolder } from '../../../sdk/src/testing/models.js';
import { slice } from '../tensors.js';
import {
  at,
  autoencoder,
  codes,
  expectClose,
  latents,
  means,
  model,
  pixelsOf,
  readNpy,
  readPng,
} from '../testing/five-images.js';
import { done } from '../testing/run-vae.js';

describe('vae traverse', () => {
  it('moves one dimension at a time', async () => {
    const options = ['--dimensions', '1,0', '--range', '2', '--steps', '3'];
    await done('traverse', model, ...options, '-o', at('t.npy'));
    const lines = [1, 0].flatMap((dimension) =>
      pixelsOf(traverse([0, 0], { dimension, range: [-2, 2], steps: 3 })),
    );
    expectClose(readNpy('t.npy'), lines, [6, ...dataShape]);
    await done('traverse', model, ...options, '-o', at('t.png'));
    expect(readPng('t.png')).toEqual(grid(readNpy('t.npy'), { columns: 3 }));
    await done('traverse', model, at('five/image2.png'), ...options, '-o', at('t2.npy'));
    const start = means[2];
    expectClose(slice(readNpy('t2.npy'), 1, 2), pixelsOf(latents([[start[0], 0]])), [1, ...dataShape]);
    await done('traverse', model, ...options, '-o', at('t.gif'));
  });

  it("moves through a plain autoencoder's codes, from their mean, the widest first", async () => {
    const text = await done('traverse', autoencoder, '--range', '1', '--steps', '3', '-o', at('ae.npy'));
    expect(text).toMatch(/Dimensions: 1, 0\.\n$/);
    const [m, s] = [codes.mean, codes.std];
    const expected = [
      ...[-1, 0, 1].map((r) => [m[0], m[1] + r * s[1]]),
      ...[-1, 0, 1].map((r) => [m[0] + r * s[0], m[1]]),
    ];
    expectClose(readNpy('ae.npy'), pixelsOf(latents(expected)), [6, ...dataShape]);
  });

  it('begins with the dimensions that carry most', async () => {
    const other = await modelFolder({ fields: { prior: { kind: 'standard-normal', kl: [0.1, 3] } } });
    expect(await done('traverse', other, '-o', at('t.png'))).toMatch(/Dimensions: 1, 0\.\n$/);
  });
});
