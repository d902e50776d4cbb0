import * as v from 'valibot';
import { choice, type Spec } from '../choice.js';
import { formatShape, type Shape, sameShape } from '../graph/shape.js';
import { add } from '../ops/index.js';
import type { Layer } from './layer.js';
import { stack } from './stack.js';

/** What a layer that holds others has to know of all layers. */
export interface Nesting {
  /** The schema of one layer. It is asked for when a recipe is read, because that layer may be a residual again. */
  readonly spec: () => v.GenericSchema<Spec | string, Spec>;
  readonly make: (spec: Spec) => Layer;
}

/** A layer that makes such a shape, as a recipe writes it. */
const shortcutTo = ({ length, 1: size }: Shape): string =>
  length === 2
    ? `{ "type": "dense", "units": ${size} }`
    : '{ "type": "conv2d", "filters": …, "kernel": 1, "stride": … }';

/**
 * Layers whose result is added to what they were given: y = f(x) + x (He et al. 2016, eq. 1), or f(x) + s(x) with the
 * layers s of a `shortcut`, which changes the shape of x where f does (eq. 2). Nothing follows the sum: an activation
 * there is a layer of its own.
 *
 * @throws TrainerError "bad-shape" where the two do not have one shape
 * @example { "type": "residual", "layers": [{ "type": "conv2d", "filters": 64, "kernel": 3, "padding": "same" }, "relu"],
 *   "shortcut": [{ "type": "conv2d", "filters": 64, "kernel": 1 }] }
 */
export const residual = ({ spec, make }: Nesting) => {
  const nested = v.pipe(v.array(v.lazy(spec)), v.minLength(1));
  return choice(
    { layers: nested, shortcut: v.optional(nested) },
    ({ layers, shortcut = [] }): Layer =>
      (x, scope) => {
        const y = stack(make, layers, x, scope);
        const past = stack(make, shortcut, x, scope.inside('shortcut'));
        if (!sameShape(y.shape, past.shape))
          throw scope.error(
            `its layers make ${formatShape(y.shape)} of ${formatShape(x.shape)}, which cannot be added to ` +
              `${formatShape(past.shape)}. Give it a "shortcut" that makes the same shape, such as ` +
              `[${shortcutTo(y.shape)}], or layers that keep the shape.`,
          );
        return add(y, past);
      },
  );
};
