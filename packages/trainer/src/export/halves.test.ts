import { expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { requireWritable } from './halves.js';

const dense = (units: number | 'data') => ({ type: 'dense', units });
/** A decoder of (latent + 1) · width + (width + 1) · width + (width + 1) · 64 weights. */
const programsOf = (width: number) => {
  const decoder = [dense(width), dense(width), dense('data')];
  return buildPrograms(tinyRecipe({ model: { latent: 2, encoder: ['flatten'], decoder } }), [1, 8, 8]);
};

it('a half whose file would be beyond 2 GiB is refused, though none of its arrays is', () => {
  // 536,477,152 and 536,616,133 weights of 4 bytes; 2 GiB less a MiB hold 536,608,768
  expect(() => requireWritable(programsOf(23128))).not.toThrow();
  expect(() => requireWritable(programsOf(23131))).toThrow(
    'The decoder has 536616133 weights, expected at most 536608768: its file cannot have more than 2 GiB. ' +
      'The largest parameter is decoder.1-dense.weight, [23131, 23131]. Make its layers smaller.',
  );
});
