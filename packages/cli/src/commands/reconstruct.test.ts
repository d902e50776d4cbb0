import { readdirSync } from 'node:fs';
import { grid, stack } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { dataShape } from '../../../sdk/src/testing/models.js';
import {
  at,
  expectClose,
  images,
  latents,
  means,
  model,
  pixelsOf,
  readNpy,
  readPng,
} from '../testing/five-images.js';
import { done } from '../testing/run-vae.js';

describe('vae reconstruct', () => {
  it('writes the reconstructions, or pairs with the originals', async () => {
    await done('reconstruct', model, at('five.npy'), '-o', at('r.npy'));
    const after = readNpy('r.npy');
    expectClose(after, pixelsOf(latents(means)), [5, ...dataShape]);
    await done('reconstruct', model, at('five'), '-o', at('pairs.png'));
    expect(readPng('pairs.png')).toEqual(
      stack([
        grid(images, { columns: 5, caption: 'originals' }),
        grid(after, { columns: 5, caption: 'reconstructions' }),
      ]),
    );
    await done('reconstruct', model, at('five'), '-o', at('r/'), '-n', '3');
    expect(readdirSync(at('r'))).toEqual(['0.png', '1.png', '2.png']);
  });

  it('breaks long rows', async () => {
    await done('reconstruct', model, ...Array(4).fill(at('five')), '-o', at('long.png'));
    expect(readPng('long.png').height).toBeGreaterThan(1.9 * readPng('pairs.png').height);
  });
});
