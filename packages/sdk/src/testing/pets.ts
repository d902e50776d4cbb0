import type { LoadOptions } from '../load/load-options.js';
import type { Tensor } from '../tensor.js';
import {
  conditionalDecoder,
  conditionalEncoder,
  conditionalFields,
  decodeByHand,
  encodeByHand,
  oneHot,
} from './conditional.js';
import { tinyLoader } from './tiny.js';

// The conditional model loaded, and what it makes of some items. All numbers are quarters or eighths, so that what comes
// out is exact.

interface Parts {
  readonly encoder?: Uint8Array;
  readonly decoder?: Uint8Array;
  /** What the manifest says of labels. */
  readonly labels?: object;
}

/** Gives what loads the conditional model, with other parts where they are given; as `tinyLoader`. */
export function petsLoader() {
  const loader = tinyLoader({ device: 'cpu', worker: false });
  return ({ labels, ...halves }: Parts = {}, options?: LoadOptions) =>
    loader(
      {
        encoder: conditionalEncoder(),
        decoder: conditionalDecoder(),
        ...halves,
        fields: { ...conditionalFields, ...(labels && { labels }) },
      },
      options,
    );
}

type Rows = readonly (readonly number[])[];

/** Five latents. */
export const zs = [
  [0, 0],
  [1, -0.5],
  [0.25, 2],
  [-1, 3],
  [4, 0.5],
];

/** Five items. */
export const xs = [
  [0, 1, 0.5, 0.25],
  [1, 1, 0, 2],
  [0.5, 0, 0, -1],
  [2, 0.25, 1, 0],
  [0, 0, 0, 0],
];

export const tensorOf = (items: Rows): Tensor => ({
  data: Float32Array.from(items.flat()),
  shape: [items.length, items[0]!.length],
});

export const rowsOf = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * shape[1]!, (row + 1) * shape[1]!)]);

/** What latents decode to, with the label of each row. */
export const decoded = (z: Rows, label: (row: number) => number): Tensor =>
  tensorOf(z.map((latent, row) => decodeByHand(latent, oneHot(label(row)))));

/** The means of items, with the label of each row. */
export const meansOf = (x: Rows, label: (row: number) => number): Tensor =>
  tensorOf(x.map((item, row) => encodeByHand(item, oneHot(label(row))).slice(0, 2)));
