import { VaeError } from '../errors.js';
import { type ArrayInput, show, type Tensor, toFloatTensor } from '../tensor.js';

/** How latents become the input of a diffusion model; from a config.json of diffusers. */
export interface DiffusionScaling {
  readonly scalingFactor: number;
  readonly shiftFactor?: number;
  /** Per latent channel. */
  readonly latentsMean?: readonly number[];
  readonly latentsStd?: readonly number[];
}

/**
 * Latents of an encoder as a diffusion model takes them: (z - shift) * scale, or per channel (z - mean) * scale / std
 * where the scaling has a mean and a standard deviation.
 *
 * @param z [N, C, ...]
 * @param scaling from a config.json of diffusers; scalingFactor other than 0, one mean and std per channel
 * @returns the shape of z
 * @throws VaeError "bad-input" for another number of channels, "bad-option" for the scaling
 * @see Rombach et al. 2022, arXiv:2112.10752, appendix G; diffusers' StableDiffusionXLImg2ImgPipeline
 * @example toDiffusionLatents(mean, { scalingFactor: 0.18215 }) // Stable Diffusion 1 and 2
 */
export function toDiffusionLatents(z: ArrayInput, scaling: DiffusionScaling): Tensor {
  return perChannel(
    z,
    scaling,
    'toDiffusionLatents',
    ({ scale, shift }) =>
      (value) =>
        (value - shift) * scale,
  );
}

/**
 * Latents of a diffusion model as a decoder takes them, the inverse of `toDiffusionLatents`: z / scale + shift, or per
 * channel z * std / scale + mean.
 *
 * @param z [N, C, ...]
 * @returns the shape of z
 * @throws VaeError as `toDiffusionLatents`
 * @example await vae.decode(fromDiffusionLatents(z, { scalingFactor: 0.3611, shiftFactor: 0.1159 })) // Flux
 */
export function fromDiffusionLatents(z: ArrayInput, scaling: DiffusionScaling): Tensor {
  return perChannel(
    z,
    scaling,
    'fromDiffusionLatents',
    ({ scale, shift }) =>
      (value) =>
        value / scale + shift,
  );
}

interface Affine {
  readonly scale: number;
  readonly shift: number;
}

function perChannel(
  input: ArrayInput,
  scaling: DiffusionScaling,
  where: string,
  map: (affine: Affine) => (value: number) => number,
): Tensor {
  const affines = affinesOf(scaling, where);
  const { data, shape } = toFloatTensor(input, where);
  if (affines.length > 1 && shape[1] !== affines.length) {
    throw new VaeError(
      'bad-input',
      `${where}: z is ${show(shape)}, expected ${show(['N', affines.length, '...'])}, one channel per mean.`,
    );
  }
  const inner = shape.slice(2).reduce((product, size) => product * size, 1);
  const maps = affines.map(map);
  return { data: data.map((value, i) => maps[Math.floor(i / inner) % maps.length]!(value)), shape };
}

/** One for all channels, or one for each. */
function affinesOf(scaling: DiffusionScaling, where: string): readonly Affine[] {
  const { scalingFactor, shiftFactor = 0, latentsMean, latentsStd } = Object(scaling) as DiffusionScaling;
  const affines =
    latentsMean && latentsStd
      ? latentsMean.map((shift, i) => ({ scale: scalingFactor / latentsStd[i]!, shift }))
      : [{ scale: scalingFactor, shift: shiftFactor }];
  const usable = affines.every(
    ({ scale, shift }) => Number.isFinite(scale) && scale !== 0 && Number.isFinite(shift),
  );
  if (affines.length > 0 && usable && latentsMean?.length === latentsStd?.length) return affines;
  throw new VaeError(
    'bad-option',
    `${where}: the scaling is ${JSON.stringify(scaling)?.slice(0, 200)}, expected a scalingFactor other than 0 and ` +
      'finite numbers, with as many latentsStd as latentsMean.',
  );
}
