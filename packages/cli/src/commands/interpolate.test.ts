import { readFileSync, writeFileSync } from 'node:fs';
import { interpolate } from '@vae/sdk/latent';
import { encodeNpy, grid } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { dataShape } from '../../../sdk/src/testing/models.js';
import { at, expectClose, means, model, pixelsOf, readNpy, readPng } from '../testing/five-images.js';
import { done } from '../testing/run-vae.js';

describe('vae interpolate', () => {
  it.each(['linear', 'slerp'] as const)('walks between two images: %s', async (method) => {
    const ends = [at('five/image0.png'), `${at('five.npy')}#3`];
    await done('interpolate', model, ...ends, '--steps', '5', '--method', method, '-o', at('w.npy'));
    const points = interpolate(means[0], means[3], { steps: 5, method });
    expectClose(readNpy('w.npy'), pixelsOf(points), [5, ...dataShape]);
  });

  it('walks between two latents, and draws a strip and an animation', async () => {
    writeFileSync(at('a.npy'), encodeNpy({ data: Float32Array.of(1, 0), shape: [2] }));
    writeFileSync(at('b.json'), '[[0, 2]]');
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.npy'));
    expectClose(readNpy('w.npy'), pixelsOf(interpolate([1, 0], [0, 2], { steps: 16 })), [16, ...dataShape]);
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.png'));
    expect(readPng('w.png')).toEqual(grid(readNpy('w.npy'), { columns: 16 }));
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.gif'));
    expect(readFileSync(at('w.gif')).subarray(0, 6).toString()).toBe('GIF89a');
  });
});
