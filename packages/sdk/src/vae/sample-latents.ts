import { VaeError } from '../errors.js';
import { type Mixture, mixtureSample, priorSample } from '../latent/index.js';
import type { ModelSpec } from '../model.js';
import { shown } from '../shown.js';
import { showItem, type Tensor } from '../tensor.js';
import { assertDecodable } from './assert-decodable.js';
import type { MaybeStreaming, SampleOptions } from './vae-options.js';

/**
 * The latents that `sample` decodes.
 *
 * @returns [n, ...latentShape]
 * @throws VaeError "bad-option", "unsupported" for a mixture that the model does not have
 */
export function sampleLatents(n: number, options: SampleOptions & MaybeStreaming, spec: ModelSpec): Tensor {
  const { shape, sampler = 'prior', signal, stream, label, ...rest } = options;
  if (sampler !== 'prior' && sampler !== 'mixture') {
    throw new VaeError('bad-option', `sample: sampler is '${sampler}', expected 'prior' or 'mixture'.`);
  }
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new VaeError('bad-option', `sample: n is ${shown(n)}, expected a whole number >= 0.`);
  }
  const latent = shapeOf(spec, shape);
  assertDecodable(n, spec, 'sample');
  if (sampler === 'prior') return priorSample(n, latent, rest);
  return { data: mixtureSample(n, mixtureOf(spec), rest).data, shape: [n, ...latent] };
}

function shapeOf({ name, latent }: ModelSpec, shape: readonly number[] = latent.shape): readonly number[] {
  const wanted = latent.shape;
  const fits = shape.length === wanted.length && wanted.every((size, i) => size === -1 || size === shape[i]);
  if (!fits) {
    throw new VaeError(
      'bad-option',
      `sample: shape is ${showItem(shape)}, the model's latents are ${showItem(wanted)}.`,
    );
  }
  if (!shape.includes(-1)) return shape;
  throw new VaeError(
    'bad-option',
    `sample: ${name} takes latents of any size (${showItem(shape)}); say which, as in { shape: [4, 32, 32] }.`,
  );
}

function mixtureOf({ name, manifest }: ModelSpec): Mixture {
  const mixture = manifest?.prior?.mixture;
  if (mixture) return mixture;
  throw new VaeError(
    'unsupported',
    `${name}: the model holds no fitted mixture; leave sampler out, or fit one with: vae fit ${name} --data DATA -o FOLDER`,
  );
}
