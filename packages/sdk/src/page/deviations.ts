import { codesOf } from '../manifest/codes.js';
import type { Manifest } from '../manifest/schema.js';

/** Between numbers of a latent and what controls show: standard deviations of the prior, or of an autoencoder's codes. */
export interface Deviations {
  /** The number that a dimension has so many deviations from its mean. */
  latent(deviations: number, dimension: number): number;
  /** The inverse. */
  of(value: number, dimension: number): number;
}

export function deviationsOf(manifest: Manifest | undefined): Deviations {
  const { mean, std } = codesOf(manifest) ?? {};
  // As a latent holds it, so that the mean itself is 0 deviations away.
  const centre = (dimension: number) => Math.fround(mean?.[dimension] ?? 0);
  // A dimension that all codes have the same number in has no unit of its own.
  const unit = (dimension: number) => std?.[dimension] || 1;
  return {
    latent: (deviations, dimension) => centre(dimension) + unit(dimension) * deviations,
    of: (value, dimension) => (value - centre(dimension)) / unit(dimension),
  };
}
