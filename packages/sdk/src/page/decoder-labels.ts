import type { Batch } from '../coder/half.js';
import { besideOf, labelPortOf } from '../coder/label-port.js';
import { labelsFor, labelsOf } from '../coder/labels.js';
import type { ModelSpec } from '../model.js';
import type { Session } from '../runtime/types.js';
import { countOf, type Tensor } from '../tensor.js';

// Loaded for conditional models only.
export { withLabels } from '../coder/label-spec.js';

/** Puts the labels that a caller passed, if any, beside a batch of latents. */
export type Labelling = (batch: Tensor, label: unknown) => Batch;

/**
 * How the decoder of a conditional model is told labels.
 *
 * @param where what errors call the decoder's file
 * @throws VaeError "bad-model" as `labelPortOf`; what it gives as `labelsOf`, `labelsFor` and `besideOf`
 */
export function labellingOf(
  { name, labels = {}, decoder }: ModelSpec,
  { inputs }: Session,
  where: string,
): Labelling {
  const port = labelPortOf(inputs, decoder!.label!, { half: 'decoder', where, labels })!;
  const place = { where: 'decode label', name };
  return (batch, given) => {
    const items = { first: 0, count: countOf(batch) };
    const found =
      given === undefined ? given : labelsFor(labelsOf(given, labels, place), items, 'batch', place);
    return { ...batch, beside: besideOf(port, found) };
  };
}
