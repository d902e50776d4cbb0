import type { Manifest } from './schema.js';

/**
 * Where a plain autoencoder's codes lie, per dimension: nothing draws them to the prior, so 0 and 1 may be far from all of
 * them. Undefined for models with a prior, and where the manifest does not say.
 *
 * @example manifold({ rows: 15 }, codesOf(vae.manifest))
 */
export function codesOf(
  manifest: Manifest | undefined,
): { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined {
  const { mean, std } = manifest?.prior ?? {};
  return manifest?.latent.kind === 'deterministic' && mean && std ? { mean, std } : undefined;
}

/**
 * The dimensions of a latent of that size, first those with the highest KL, or spread of codes, where the manifest says.
 *
 * @example byInformation(vae.manifest, 8).slice(0, 2) // the two that tell most about the data
 */
export function byInformation(manifest: Manifest | undefined, size: number): number[] {
  const weights = manifest?.prior?.kl ?? codesOf(manifest)?.std ?? [];
  const dimensions = Array.from({ length: size }, (_, dimension) => dimension);
  return dimensions.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
}
