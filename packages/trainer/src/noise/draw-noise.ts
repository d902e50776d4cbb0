import { fillMaskRows, fillNormalRows, type RowKeys } from './fill-rows.js';

/** What noise is: standard normal draws, or a dropout mask with entries 0 and 1/keep. */
export type NoiseKind = { readonly kind: 'normal' } | { readonly kind: 'mask'; readonly keep: number };

/** For which samples of a data set noise is drawn, at which visit: `step`. */
export type NoiseRows = Required<Pick<RowKeys, 'seed' | 'step' | 'indices'>>;

/**
 * Draws a row of noise for each sample; it does not depend on the other samples.
 *
 * @param out [samples, size] in row-major order, or more, of which the rest stays as it is
 * @example drawNoise(new Float32Array(2 * 10), { kind: 'normal' }, { seed: 7, stream: 'eps', step: 3, indices: [5, 9], size: 10 })
 */
export function drawNoise(out: Float32Array, noise: NoiseKind, keys: RowKeys): void {
  if (noise.kind === 'normal') fillNormalRows(out, keys);
  else fillMaskRows(out, keys, noise.keep);
}
