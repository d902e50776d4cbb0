import type sharpModule from 'sharp';
import { TrainerError } from '../../errors.js';
import { depthError, type ImageDecoder, inksError, pixelsError, windowError } from './decoder.js';
import { MAX_PIXELS, toPlanes, usedArea } from './plan.js';

/** The pool of libuv, where sharp works, has four threads unless UV_THREADPOOL_SIZE says otherwise. */
const threads = (): number => Math.min(64, Number(process.env.UV_THREADPOOL_SIZE) || 4);

/**
 * Decodes with sharp (libvips), in its threads. The first picture of an animation; upright as EXIF says; what is transparent on
 * black.
 */
export function sharpDecoder(sharp: typeof sharpModule): ImageDecoder {
  const open = (bytes: Uint8Array) => sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
  const upright = async (bytes: Uint8Array, path: string) => {
    const { autoOrient, width, height, format, space, depth } = await attempt(path, () =>
      sharp(bytes, { limitInputPixels: false }).metadata(),
    );
    if (width * height > MAX_PIXELS) throw pixelsError(path, height, width);
    // sharp would convert them; a model that reads its pictures without sharp would not, or otherwise.
    if (format === 'jpeg' && space === 'cmyk') throw inksError(path);
    // What these numbers lie between is not in the file, and sharp would cut them off at 255: black for 0 to 1, white for others.
    if (depth !== 'uchar' && depth !== 'ushort') throw depthError(path, depth);
    return autoOrient;
  };
  return {
    name: `sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`,
    kernel: 'lanczos3',
    lanes: 2 * threads(),
    size: async (bytes, path) => {
      const { height, width } = await upright(bytes, path);
      return [height, width];
    },
    decode: async (bytes, path, plan) => {
      const size = await upright(bytes, path);
      const area = usedArea(size, plan);
      if (!area) throw windowError(path, [size.height, size.width], plan);
      const { width, height, channels } = plan;
      const { data } = await attempt(path, () =>
        open(bytes)
          .autoOrient()
          .extract(area)
          .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
          .flatten({ background: 'black' })
          .toColourspace('srgb')
          .raw()
          .toBuffer({ resolveWithObject: true }),
      );
      const planes = new Uint8Array(width * height * channels);
      toPlanes(data.length === 3 * width * height ? data : repeated(data), channels, planes);
      return planes;
    },
  };
}

/** Grey bytes as colour. */
const repeated = (grey: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 3 * grey.length }, (_, i) => grey[Math.floor(i / 3)]);

async function attempt<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const reason = String((cause as Error).message)
      .split('\n')[0]
      .replace(/[.:]+$/, '');
    throw new TrainerError(
      'bad-file',
      `images: ${path} cannot be decoded (${reason}). Repair or remove the file.`,
      { cause },
    );
  }
}
