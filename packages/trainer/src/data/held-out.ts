import { permutation } from '@vae/sdk/random';
import { TrainerError } from '../errors.js';
import { counted } from '../text/counted.js';
import { checkRead, type Split } from './dataset.js';

/** What the option `test` means for a data set of some size. */
export type HeldOut =
  | { readonly train: Uint32Array; readonly test?: Uint32Array; readonly path?: undefined }
  | { readonly path: string };

/**
 * Reads the option `test`: a share below 1 or a number of items, drawn by the seed, or else the path of other data.
 *
 * @throws TrainerError "bad-option" where nothing would be left on one of the two sides
 * @example heldOut('0.1', 500, 0, 'csv') // { train: 450 indices, test: 50 }
 */
export function heldOut(test: string | undefined, size: number, seed: number, source: string): HeldOut {
  if (test === undefined) return { train: Uint32Array.from({ length: size }, (_, i) => i) };
  if (!/^\d*\.?\d+$/.test(test)) return { path: test };
  const number = Number(test);
  const count = number < 1 ? Math.round(number * size) : number;
  if (!Number.isInteger(count) || count < 1 || count >= size) {
    throw new TrainerError(
      'bad-option',
      `${source}: test=${test} of ${counted(size, 'item')} are ${count} to test on and ${size - count} to train on. Give a share below 1 or a whole number that leaves some on both sides.`,
    );
  }
  const order = permutation(size, { seed, stream: 'test' });
  return { train: order.slice(count).sort(), test: order.slice(0, count).sort() };
}

/** Some items of a part, in the order given. */
export function pick(split: Split, chosen: Uint32Array, name: string, itemSize: number): Split {
  return {
    size: chosen.length,
    read: (indices, out, visit) => {
      checkRead(name, indices, chosen.length, itemSize, out);
      return split.read(
        Array.from(indices, (index) => chosen[index]),
        out,
        visit,
      );
    },
    ...(split.label && { label: (index: number) => split.label!(chosen[index]) }),
  };
}
