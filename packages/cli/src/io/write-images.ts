import type { Tensor } from '@vae/sdk/media';
import { encodeGif, encodeNpy, encodePng, grid, type Picture, toPicture } from '@vae/sdk/media';
import { atomicFolder, atomicWrite, counted } from '@vae/trainer/terminal';
import { slice } from '../tensors.js';

export type ImageFormat = 'png' | 'gif' | 'npy' | 'folder';

/** Formats of every command that writes images. */
export const imageFormats: readonly ImageFormat[] = ['png', 'gif', 'npy', 'folder'];

export interface WriteOptions {
  readonly output: string;
  readonly format: ImageFormat;
  /** Allow a folder that holds numbered pictures already; they are replaced. */
  readonly overwrite?: boolean;
  /** The PNG. Default: a grid, as square as the number of images lets it be. */
  readonly picture?: () => Picture;
  /** Frames of the GIF. Default: the images one by one. */
  readonly frames?: () => Picture[];
}

const frameDelayMs = 80;

/**
 * Writes images N C H W in the format asked for, whole or not at all.
 *
 * @returns a sentence for the user, such as `Wrote grid.png: 16 images.`
 */
export async function writeImages(images: Tensor, options: WriteOptions): Promise<string> {
  const { output, format, overwrite } = options;
  const count = images.shape[0];
  if (format === 'folder') {
    await atomicFolder(output, numbered(images), {
      overwrite,
      replaceable: isNumbered,
    });
  } else if (format === 'npy') {
    await atomicWrite(output, encodeNpy(images));
  } else if (format === 'gif') {
    await atomicWrite(output, encodeGif(options.frames?.() ?? pictures(images), { delayMs: frameDelayMs }));
  } else {
    const picture = options.picture?.() ?? grid(images, { columns: Math.ceil(Math.sqrt(count)) });
    await atomicWrite(output, encodePng(picture));
  }
  return `Wrote ${output}: ${counted(count, 'image')}.`;
}

/** Every image as a picture of its own. */
function pictures(images: Tensor): Picture[] {
  return Array.from({ length: images.shape[0] }, (_, index) => pictureOf(images, index));
}

function pictureOf(images: Tensor, index: number): Picture {
  return toPicture({ data: slice(images, index, index + 1).data, shape: images.shape.slice(1) });
}

/** Whether a name is one that pictures in a folder get. */
export const isNumbered = (name: string): boolean => /^\d+\.png$/.test(name);

function* numbered(images: Tensor): Generator<[string, Uint8Array]> {
  const count = images.shape[0];
  const digits = String(count - 1).length;
  for (let index = 0; index < count; index++) {
    yield [`${String(index).padStart(digits, '0')}.png`, encodePng(pictureOf(images, index))];
  }
}
