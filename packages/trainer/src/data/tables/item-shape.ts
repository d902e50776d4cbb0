import { TrainerError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';
import { counted } from '../../text/counted.js';
import type { OptionParser } from '../spec.js';
import type { Table } from './table.js';

export type ImageLayout = 'chw' | 'hwc';

/** What the values of an item are to a model. */
export interface ItemShape {
  readonly kind: 'image' | 'vector';
  readonly shape: readonly number[];
  /** Order of the numbers in the file, for images with several channels. */
  readonly layout: ImageLayout;
}

/** Height, width and perhaps channels of flat images: `28x28`, `32x32x3`. */
export const imageSize: OptionParser<readonly [height: number, width: number, channels: number]> = {
  expected: 'HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS with 1 or 3 channels',
  parse: (value) => {
    const match = /^(\d{1,4})x(\d{1,4})(?:x([13]))?$/.exec(value ?? '');
    const [height, width, channels] = match ? [match[1], match[2], match[3] ?? 1].map(Number) : [];
    return height && width ? [height, width, channels!] : undefined;
  },
};

interface Choices {
  readonly image?: readonly [height: number, width: number, channels: number];
  readonly layout?: ImageLayout;
  readonly flat?: true;
}

/**
 * Items with one extent are vectors, with two grey images, with three images in the layout that their channels (1 or 3) show.
 *
 * @throws TrainerError "bad-data" for items that are neither, "bad-option" for an image of another size
 */
export function itemShapeOf({ file, itemShape }: Table, { image, layout, flat }: Choices): ItemShape {
  const numbers = sizeOf(itemShape);
  if (flat) return { kind: 'vector', shape: [numbers], layout: 'chw' };
  if (image) {
    const [height, width, channels] = image;
    if (height * width * channels !== numbers) {
      throw new TrainerError(
        'bad-option',
        `${file}: items have ${counted(numbers, 'number')}, image=${image.join('x')} takes ${height * width * channels}.`,
      );
    }
    return { kind: 'image', shape: [channels, height, width], layout: layout ?? 'hwc' };
  }
  if (itemShape.length <= 1) return { kind: 'vector', shape: [numbers], layout: 'chw' };
  if (itemShape.length === 2) return { kind: 'image', shape: [1, ...itemShape], layout: 'chw' };
  if (itemShape.length === 3) return channelsOf(file, itemShape, layout);
  throw new TrainerError(
    'bad-data',
    `${file}: items have the extents ${itemShape.join('×')}, which is no image. Add "flat" to take them as vectors.`,
  );
}

function channelsOf(file: string, itemShape: readonly number[], layout: ImageLayout | undefined): ItemShape {
  const [first, second, third] = itemShape as [number, number, number];
  const isChannels = (extent: number) => extent === 1 || extent === 3;
  const found = layout ?? (isChannels(first) ? 'chw' : 'hwc');
  if (!isChannels(found === 'chw' ? first : third)) {
    throw new TrainerError(
      'bad-data',
      `${file}: items have the extents ${itemShape.join('×')}, expected 1 or 3 channels first or last. Add "flat" to take them as vectors.`,
    );
  }
  if (layout === undefined && isChannels(first) && isChannels(third)) {
    throw new TrainerError(
      'bad-data',
      `${file}: items have the extents ${itemShape.join('×')}; say with layout=chw or layout=hwc where the channels are.`,
    );
  }
  const shape = found === 'chw' ? [first, second, third] : [third, first, second];
  return { kind: 'image', shape, layout: found };
}
