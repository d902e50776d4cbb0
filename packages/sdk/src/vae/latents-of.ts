import type { Coder } from '../coder/coder.js';
import type { DataInput } from '../coder/data-batch.js';
import { VaeError } from '../errors.js';
import type { ArrayInput, Tensor } from '../tensor.js';
import type { NextLabels } from './label-rows.js';
import type { From, Stoppable } from './vae-options.js';

/**
 * The latents that a verb begins with: what the caller passed, or the means of data.
 *
 * @param labels of the data
 * @throws VaeError "bad-option" for another `from`; as `Coder.latents` and `Coder.encodeData`
 */
export async function latentsOf(
  coder: Coder,
  x: DataInput,
  where: string,
  given: From & Stoppable,
  labels: NextLabels | undefined,
): Promise<Tensor> {
  const { from = 'latent' } = given;
  if (from === 'data') return (await coder.encodeData(x, where, given, labels)).mean;
  if (from === 'latent') return coder.latents(x as ArrayInput, where);
  throw new VaeError('bad-option', `${where}: from is '${from}', expected 'latent' or 'data'.`);
}
