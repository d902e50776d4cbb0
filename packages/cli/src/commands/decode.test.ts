import { writeFileSync } from 'node:fs';
import { encodeNpy, toPicture } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { dataShape, logitsByHand } from '../../../sdk/src/testing/models.js';
import {
  at,
  expectClose,
  latents,
  means,
  model,
  pixelsOf,
  readNpy,
  readPng,
} from '../testing/five-images.js';
import { done } from '../testing/run-vae.js';

describe('vae decode', () => {
  it('gives pixels or logits', async () => {
    const z = latents([
      [0.5, -1],
      [2, 0],
    ]);
    writeFileSync(at('two.npy'), encodeNpy(z));
    await done('decode', model, at('two.npy'), '-o', at('x.npy'));
    expectClose(readNpy('x.npy'), pixelsOf(z), [2, ...dataShape]);
    expect(await done('decode', model, at('two.npy'), '-o', at('l.npy'), '--logits')).toContain(
      'logits of 2 images',
    );
    expectClose(readNpy('l.npy'), [...logitsByHand([0.5, -1]), ...logitsByHand([2, 0])], [2, ...dataShape]);
    await done('decode', model, at('two.npy'), '-o', at('x.png'), '-n', '1');
    expect(readPng('x.png')).toEqual(
      toPicture({ data: readNpy('x.npy').data.slice(0, 6), shape: dataShape }),
    );
  });

  it('takes what encode writes, in every format', async () => {
    for (const format of ['npy', 'json', 'csv', 'npz']) {
      await done('encode', model, at('five'), '-o', at(`round.${format}`));
      await done('decode', model, at(`round.${format}`), '-o', at('round-x.npy'));
      expectClose(readNpy('round-x.npy'), pixelsOf(latents(means)), [5, ...dataShape]);
    }
  });
});
