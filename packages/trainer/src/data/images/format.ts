import type { ImagePreparation } from '@vae/sdk/manifest';
import { type Chosen, flag, type OptionParser, sides, text } from '../spec.js';
import { type ImageDecoder, readImageFile, unaskedSizeError } from './decoder.js';
import type { ImagePlan } from './plan.js';

type Crop = 'center' | 'random' | 'none' | readonly [height: number, width: number];

const crop: OptionParser<Crop> = {
  expected: 'center, random, none or HEIGHTxWIDTH of a window in the middle of the original',
  parse: (value) =>
    value === 'center' || value === 'random' || value === 'none' ? value : sides.parse(value),
};

/** The options of a folder of images. */
export const imageOptions = { size: sides, grey: flag, crop, flip: flag, test: text };
export type ImageOptions = Chosen<typeof imageOptions>;

/** What images become, and how they are varied while training. */
export interface ImageFormat {
  /** What is decoded. */
  readonly plan: ImagePlan;
  /** What a model sees: the plan's size, or less where a window in it is moved. */
  readonly height: number;
  readonly width: number;
  readonly flip: boolean;
}

/** What `crop=random` leaves room for: images are made 9/8 as large, and a window of the size is cut out. */
const ROOM = 9 / 8;
/** Most pixels of the first image for its size to be that of all: a photo as a camera takes it fits into no network here. */
const MAX_UNASKED_PIXELS = 512 * 512;

/**
 * Sizes that are not chosen are those of the first image; a window keeps its own size then.
 *
 * @param others images to take the size of, in turn, where the first cannot be read
 * @throws TrainerError "bad-file" for the first image, where none can be read; "bad-option" where its size is that of a photo
 */
export async function formatFor(
  first: string,
  { size, grey, crop = 'center', flip }: ImageOptions,
  decoder: ImageDecoder,
  others: readonly string[] = [],
): Promise<ImageFormat> {
  const window = typeof crop === 'string' ? undefined : crop;
  const [height, width] = size ?? window ?? (await sizeOfFirst([first, ...others], decoder));
  const room = (side: number) => (crop === 'random' ? Math.ceil(side * ROOM) : side);
  const plan: ImagePlan = {
    height: room(height),
    width: room(width),
    channels: grey ? 1 : 3,
    ...(window && { window }),
    fit: crop === 'none' ? 'stretch' : 'cover',
  };
  return { plan, height, width, flip: flip === true };
}

async function sizeOfFirst(
  files: readonly string[],
  decoder: ImageDecoder,
): Promise<readonly [number, number]> {
  let refusal: unknown;
  for (const file of files) {
    try {
      const [height, width] = await decoder.size(await readImageFile(file), file);
      if (height * width <= MAX_UNASKED_PIXELS) return [height, width];
      refusal = unaskedSizeError(file, height, width);
      break;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

/** What becomes of an image that is not varied, as the manifest says it; what is transparent is on black. */
export function preparationOf(
  { plan, height, width }: ImageFormat,
  { kernel }: Pick<ImageDecoder, 'kernel'>,
): ImagePreparation {
  return {
    fit: plan.fit === 'stretch' ? 'fill' : 'cover',
    ...(plan.window && { window: [...plan.window] }),
    ...((plan.height !== height || plan.width !== width) && { resized: [plan.height, plan.width] }),
    kernel,
    background: 0,
  };
}
