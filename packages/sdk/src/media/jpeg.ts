import { reason, VaeError } from '../errors.js';
import { assertBytes } from './arguments.js';
import { isJpeg } from './is-jpeg.js';
import { assertNoInks, type JpegHeader, readJpegHeader } from './jpeg-header.js';
import { turnUpright } from './orientation.js';
import type { Picture } from './picture.js';

/** Most pixels a JPEG may have: 100 megapixels. */
const maximumJpegPixels = 100_000_000;
/** Most memory the library may take for one; about 36 megapixels of a usual photograph. */
const maximumMemoryMib = 512;

/**
 * Reads a JPEG file (baseline or progressive, 8 bits) and turns it upright as its EXIF orientation says. This is jpeg-js,
 * the same everywhere. It differs from libjpeg-turbo (as in Pillow) where colours are stored at part of the size (4:2:0,
 * 4:2:2): of 255 by at most 15 on a smooth gradient, by up to 113 (4:2:2: 44) at a hard red edge, and by 8.3 (5.8) on
 * average and at most 70 (55) on texture; elsewhere by at most 3.
 *
 * @returns a picture in colour
 * @throws VaeError "bad-file" for bytes that are no JPEG, are damaged, or hold more pixels than fit in 512 MiB;
 * "unsupported" for CMYK
 * @example (await decodeJpeg(await readFile('photo.jpg'))).width
 */
export async function decodeJpeg(bytes: Uint8Array, where = 'decodeJpeg'): Promise<Picture> {
  const header = checkedHeader(bytes, where);
  const { default: jpeg } = await import('jpeg-js');
  try {
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      maxMemoryUsageInMB: maximumMemoryMib,
      // The library takes all files with three channels for luma and chroma unless it is told.
      ...(header.rgb && { colorTransform: false }),
    });
    return turnUpright({ width, height, channels: 3, data }, header.orientation);
  } catch (cause) {
    const size = `${header.width} x ${header.height} pixels`;
    const text = /^max/.test(reason(cause))
      ? `${size} need more than ${maximumMemoryMib} MiB; scale the image down first.`
      : `damaged JPEG file: ${reason(cause)}`;
    throw new VaeError('bad-file', `${where}: ${text}`, { cause });
  }
}

function checkedHeader(bytes: Uint8Array, where: string): JpegHeader {
  assertBytes(bytes, where);
  if (!isJpeg(bytes)) {
    throw new VaeError('bad-file', `${where}: not a JPEG file (it does not begin with the JPEG signature).`);
  }
  const header = readJpegHeader(bytes);
  if (!header) throw new VaeError('bad-file', `${where}: damaged JPEG file: it has no frame.`);
  assertNoInks(header, where);
  const { width, height, precision } = header;
  if (width * height < 1 || width * height > maximumJpegPixels) {
    throw new VaeError('bad-file', `${where}: ${width} x ${height} pixels, more than 10^8 or none at all.`);
  }
  if (precision !== 8) {
    throw new VaeError('bad-file', `${where}: a JPEG of ${precision} bits per sample; readable are 8.`);
  }
  return header;
}
