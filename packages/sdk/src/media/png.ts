import { type DecodedPng, decode, encode } from 'fast-png';
import { reason, VaeError } from '../errors.js';
import { assertPicture, maximumPixels, type Picture } from './picture.js';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * A picture as the bytes of a PNG file, 8 bits per channel, lossless. Equal pictures give equal bytes.
 *
 * @throws VaeError "bad-input" for a picture whose sizes disagree
 * @example await writeFile('grid.png', encodePng(picture))
 */
export function encodePng(picture: Picture): Uint8Array {
  assertPicture(picture, 'encodePng');
  return encode({ ...picture, depth: 8 }, { zlib: { level: 6 } });
}

/**
 * Reads a PNG file of any depth and colour type. Grey stays grey; palettes become colour; 16 bits are rounded to
 * 8; transparency is composited on black (a pixel of the file's transparent colour becomes black).
 *
 * @throws VaeError "bad-file" for bytes that are no PNG, are damaged (checksums are verified) or are larger than
 * 2^28 pixels
 * @example decodePng(await readFile('digit.png')).width // 28
 */
export function decodePng(bytes: Uint8Array, where = 'decodePng'): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || signature.some((byte, i) => bytes[i] !== byte)) {
    throw new VaeError('bad-file', `${where}: not a PNG file (it does not begin with the PNG signature).`);
  }
  // The header is read before the library allocates anything for it.
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width * height > maximumPixels) {
    throw new VaeError('bad-file', `${where}: ${width} x ${height} pixels, more than the 2^28 this reads.`);
  }
  let png: DecodedPng;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new VaeError('bad-file', `${where}: damaged PNG file: ${reason(cause)}`, { cause });
  }
  return toBytes(png, where);
}

function toBytes(png: DecodedPng, where: string): Picture {
  const { width, height, depth } = png;
  const samples = depth < 8 ? unpack(png) : png.data;
  const palette = png.palette;
  const channels = palette ? 3 : png.channels < 3 ? 1 : 3;
  const hasAlpha = !palette && png.channels % 2 === 0;
  const top = 2 ** depth - 1;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const colour = palette?.[samples[i]!];
    if (palette && !colour)
      throw new VaeError('bad-file', `${where}: pixel ${i} uses colour ${samples[i]}, not in the palette.`);
    const at = i * png.channels;
    let alpha = 1;
    if (colour) alpha = (colour[3] ?? 255) / 255;
    else if (hasAlpha) alpha = samples[at + png.channels - 1]! / top;
    else if (png.transparency && isKeyColour(samples, at, png.transparency, channels)) alpha = 0;
    for (let c = 0; c < channels; c++) {
      const value = colour ? colour[c]! / 255 : samples[at + c]! / top;
      data[i * channels + c] = Math.round(value * alpha * 255);
    }
  }
  return { width, height, channels, data };
}

function isKeyColour(samples: ArrayLike<number>, at: number, key: Uint16Array, channels: number): boolean {
  for (let c = 0; c < channels; c++) if (samples[at + c] !== key[c]) return false;
  return true;
}

/** Samples of 1, 2 or 4 bits, one per element; lines begin on a byte. */
function unpack({ width, height, depth, data }: DecodedPng): Uint8Array {
  const line = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * line + (bit >> 3)]!;
      out[y * width + x] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return out;
}
