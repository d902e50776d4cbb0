import type { Spec } from '../choice.js';
import { TrainerError } from '../errors.js';
import type { Value } from '../graph/value.js';
import type { Layer, LayerScope } from './layer.js';

/** Runs `write`, and puts the layer's place in front of a shape error from an operator. */
function at<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof TrainerError) || error.message.startsWith(path)) throw error;
    throw new TrainerError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Layers one after another.
 *
 * @param scope of what holds them: the third of `encoder`, a convolution, is `encoder.2-conv2d`
 * @throws TrainerError "bad-shape" naming the layer
 */
export const stack = (
  make: (spec: Spec) => Layer,
  specs: readonly Spec[],
  x: Value,
  scope: LayerScope,
): Value =>
  specs.reduce((value, spec, index) => {
    const inner = scope.inside(`${index}-${spec.type}`);
    const result = at(inner.path, () => make(spec)(value, inner));
    inner.requireSize(result);
    return result;
  }, x);
