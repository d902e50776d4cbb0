import { uniform } from '@vae/sdk/random';
import { checkRead, grey, type Split } from '../dataset.js';
import { DecodedImages, type DecodedOptions } from './decoded-images.js';
import { type ImageDecoder, readImageFile } from './decoder.js';
import type { ImageFormat } from './format.js';
import type { ImageList } from './list-images.js';
import { around } from './plan.js';

export interface ImageSplitOptions extends Pick<DecodedOptions, 'maxKeptBytes' | 'maxFileBytes'> {
  readonly name: string;
  readonly format: ImageFormat;
  readonly decoder: ImageDecoder;
  readonly seed: number;
}

/** A part that holds on to what it decoded until it is closed. */
export type ImageSplit = Split & { close(): Promise<void> };

/** Images of one list, decoded several at a time and varied while training. */
export function imageSplit(list: ImageList, options: ImageSplitOptions): ImageSplit {
  const { name, format, decoder } = options;
  const { files, labels } = list;
  const { height, width, plan } = format;
  const itemSize = plan.channels * height * width;
  const decode = async (index: number) =>
    decoder.decode(await readImageFile(files[index]), files[index], plan);
  const decoded = new DecodedImages({
    count: files.length,
    imageBytes: plan.channels * plan.height * plan.width,
    decode,
    maxKeptBytes: options.maxKeptBytes,
    maxFileBytes: options.maxFileBytes,
  });
  return {
    size: files.length,
    close: () => decoded.close(),
    ...(labels && { label: (index: number) => labels[index] }),
    read: async (indices, out, visit) => {
      checkRead(name, indices, files.length, itemSize, out);
      let next = 0;
      let failed = false;
      const lane = async () => {
        while (next < indices.length && !failed) {
          const row = next++;
          const index = indices[row];
          const bytes = await decoded.get(index).catch((error: unknown) => {
            failed = true;
            throw error;
          });
          const draws = visit === undefined ? undefined : drawsOf(options, index, visit);
          cutOut(bytes, format, draws, out.subarray(row * itemSize, (row + 1) * itemSize));
        }
      };
      await Promise.all(Array.from({ length: Math.min(decoder.lanes, indices.length) }, lane));
    },
  };
}

/** Three numbers in (0, 1): whether to mirror, how far down and how far right. */
const drawsOf = ({ seed, name }: ImageSplitOptions, index: number, step: number): number[] =>
  Array.from(uniform({ seed, stream: `${name}/vary`, step, index }, 3));

/** Writes the window of an image as numbers in [0, 1]; without draws the one in the middle, not mirrored. */
function cutOut(
  bytes: Uint8Array,
  { plan, height, width, flip }: ImageFormat,
  draws: readonly number[] | undefined,
  out: Float32Array,
): void {
  const centred = around(plan, { width, height });
  const place = (room: number, draw: number) => Math.floor((room + 1) * draw);
  const left = draws ? place(plan.width - width, draws[2]) : centred.left;
  const top = draws ? place(plan.height - height, draws[1]) : centred.top;
  const mirrored = flip && draws !== undefined && draws[0] < 0.5;
  let at = 0;
  for (let c = 0; c < plan.channels; c++) {
    for (let y = 0; y < height; y++) {
      const line = (c * plan.height + top + y) * plan.width + left;
      for (let x = 0; x < width; x++) out[at++] = grey[bytes[line + (mirrored ? width - 1 - x : x)]];
    }
  }
}
