import * as v from 'valibot';
import { choice } from '../choice.js';
import { formatShape, sampleSize } from '../graph/shape.js';
import { reshape as reshapeOp } from '../ops/index.js';
import { type Layer, positiveInteger } from './layer.js';

/** The same numbers in another shape, given without the batch: `[32, 7, 7]`. */
export const reshape = choice(
  { shape: v.pipe(v.array(positiveInteger), v.minLength(1)) },
  ({ shape }): Layer =>
    (x, scope) => {
      const [have, want] = [sampleSize(x.shape.slice(1)), sampleSize(shape)];
      if (have !== want)
        throw scope.error(
          `cannot make ${formatShape(shape)} (${want} numbers) of ${formatShape(x.shape.slice(1))} (${have} numbers). ` +
            `Put ${x.shape.length === 2 ? '' : '"flatten" and '}{ "type": "dense", "units": ${want} } before it, or give a shape of as many numbers.`,
        );
      return reshapeOp(x, [x.shape[0], ...shape]);
    },
);
