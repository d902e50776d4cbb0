import { totalmem } from 'node:os';
import { TrainerError } from '../errors.js';
import { formatShape, sampleSize } from '../graph/shape.js';
import type { Programs } from '../programs.js';

/**
 * Refuses networks that cannot be trained here, before anything is written.
 *
 * @throws TrainerError "bad-recipe" naming the largest parameter
 */
export function requireMemory({ parameters, slots, train }: Programs, dataShape: readonly number[]): void {
  const shapes = [...[...parameters.values()].map(({ shape }) => shape), ...slots.values()];
  const numbers = shapes.reduce((sum, shape) => sum + sampleSize(shape), 0);
  const batch = (train.batch ?? 1) * sampleSize(dataShape);
  // Two sets of the state, and its gradients; two batches under way.
  const bytes = 4 * (3 * numbers + 2 * batch);
  const [name, { shape }] = [...parameters].reduce((a, b) =>
    sampleSize(b[1].shape) > sampleSize(a[1].shape) ? b : a,
  );
  if (bytes < totalmem() && sampleSize(shape) < 2 ** 29 && batch < 2 ** 29) return;
  const gigabytes = (count: number) => (count / 2 ** 30).toPrecision(3);
  throw new TrainerError(
    'bad-recipe',
    `The networks and a batch need ${gigabytes(bytes)} GiB at least, this machine has ${gigabytes(totalmem())}. The largest ` +
      `parameter is ${name}, ${formatShape(shape)}; the batch is ${train.batch}. Make them smaller.`,
  );
}
