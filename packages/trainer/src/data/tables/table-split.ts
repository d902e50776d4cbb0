import { sizeOf } from '../../graph/shape.js';
import { checkRead, type Normalization, type Split } from '../dataset.js';
import type { ItemShape } from './item-shape.js';
import type { Labels, Table } from './table.js';

/** Some rows of a table as a part of a data set: scaled, and images with their channels first. */
export function tableSplit(
  table: Table,
  rows: Uint32Array,
  item: ItemShape,
  normalization: Normalization | undefined,
  labels: Labels | undefined,
): Split {
  const itemSize = sizeOf(item.shape);
  const interleaved = item.kind === 'image' && item.layout === 'hwc' && item.shape[0] !== 1;
  return {
    size: rows.length,
    place: (index) => table.place?.(rows[index]) ?? rows[index],
    ...(labels && { label: (index: number) => labels.numbers[rows[index]] }),
    read: async (indices, out) => {
      checkRead(table.file, indices, rows.length, itemSize, out);
      const chosen = Array.from(indices, (index) => rows[index]);
      await table.read(chosen, out);
      for (let i = 0; i < indices.length; i++) {
        const values = out.subarray(i * itemSize, (i + 1) * itemSize);
        if (normalization) scale(values, normalization);
        if (interleaved) separate(values, item.shape[0]);
      }
    },
  };
}

function scale(values: Float32Array, { offset, scale, clip }: Normalization): void {
  const [low, high] = clip ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let d = 0; d < values.length; d++) {
    values[d] = Math.min(high, Math.max(low, (values[d] - offset[d]) / scale[d]));
  }
}

/** Interleaved channels, one after the other. */
function separate(values: Float32Array, channels: number): void {
  const from = values.slice();
  const pixels = values.length / channels;
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < channels; c++) values[c * pixels + p] = from[p * channels + c];
  }
}
