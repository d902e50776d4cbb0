import { type DecodedPng, decode, encode } from 'fast-png';
import { Unzlib } from 'fflate';
import { reason, VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { deinterlaced, sampleAt } from './adam7.js';
import { assertBytes } from './arguments.js';
import { crc32 } from './crc32.js';
import { exifOrientation, type Orientation, swapsSides, turnUpright } from './orientation.js';
import { assertPicture, maximumPixels, type Picture } from './picture.js';
import { assertBackground } from './rgba.js';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of the signature and of the first chunk, which is the header. */
const headerEnd = 33;

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
 * Width and height of the picture in a PNG file, turned upright as its EXIF orientation says; nothing is unpacked.
 *
 * @throws VaeError "bad-input" for what are no bytes, "bad-file" for bytes that do not begin as a PNG does, and for more than 2^28 pixels
 * @example pngSize(await readFile('digit.png')) // { width: 28, height: 28 }
 */
export function pngSize(bytes: Uint8Array, where = 'pngSize'): { width: number; height: number } {
  const { width, height } = storedSize(bytes, where);
  return swapsSides(orientationOf(bytes)) ? { width: height, height: width } : { width, height };
}

/** Width and height that the file claims. */
function storedSize(bytes: Uint8Array, where: string): { width: number; height: number } {
  assertBytes(bytes, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (signature.some((byte, i) => bytes[i] !== byte)) {
    throw new VaeError('bad-file', `${where}: not a PNG file (it does not begin with the PNG signature).`);
  }
  if (bytes.length < headerEnd) {
    throw new VaeError(
      'bad-file',
      `${where}: a PNG file cut off in its header, after ${bytes.length} bytes.`,
    );
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width * height > maximumPixels) {
    throw new VaeError('bad-file', `${where}: ${width} x ${height} pixels, more than the 2^28 this reads.`);
  }
  return { width, height };
}

interface Chunk {
  readonly type: string;
  /** Where its length, its data and the next chunk begin. */
  readonly at: number;
  readonly data: number;
  readonly end: number;
}

/** The chunks of a file up to IEND; the last one may end behind the file. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let type = '';
  for (let at = 8; type !== 'IEND' && at + 12 <= bytes.length; ) {
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + view.getUint32(at);
    yield { type, at, data: at + 8, end };
    at = end;
  }
}

/** PNG, third edition, 11.3.3.6: the chunk holds what a JPEG's EXIF segment does, without the name in front. */
function orientationOf(bytes: Uint8Array): Orientation {
  for (const { type, data, end } of chunksOf(bytes))
    if (type === 'eXIf') return exifOrientation(bytes.subarray(data, end - 4)) ?? 1;
  return 1;
}

/**
 * Reads a PNG file of any depth and colour type. Grey stays grey; palettes become colour; 16 bits are rounded to
 * 8; what is transparent is composited on the background. Gamma and colour profiles are left out: the numbers are
 * those of the file. The picture is turned upright as its EXIF orientation says.
 *
 * @param options.background grey level behind transparent pixels, 0 (black, default) to 255 (white)
 * @throws VaeError "bad-file" for bytes that are no PNG, are damaged (checksums are verified), are larger than
 * 2^28 pixels, or unpack to more than their width and height ask for; "bad-option" for the background
 * @example decodePng(await readFile('digit.png')).width // 28
 */
export function decodePng(
  bytes: Uint8Array,
  where = 'decodePng',
  options?: { readonly background?: number },
): Picture {
  const { background = 0 } = optionsOf(options, where);
  assertBackground(background, where);
  // The header is read before the library allocates anything for it.
  storedSize(bytes, where);
  let png: Samples;
  try {
    png = samplesIn(bytes);
  } catch (cause) {
    throw new VaeError('bad-file', `${where}: damaged PNG file: ${reason(cause)}`, { cause });
  }
  return turnUpright(toBytes(png, background / 255, where), orientationOf(bytes));
}

/** Samples per pixel of each colour type. */
const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The colour type of pictures whose samples are places in a palette. */
const indexed = 3;

/** A picture as the library gives it, but with one sample per element whatever its depth. */
interface Samples extends DecodedPng {
  /** The one colour that is transparent, two bytes for each channel. */
  readonly key?: Uint8Array;
}

function samplesIn(bytes: Uint8Array): Samples {
  const all = pixelChunks(bytes);
  if (bytes[25] === indexed) return samplesOfChunks(bytes, all);
  // Beside whole colours a palette is a suggestion for poorer screens (PNG, third edition, 11.2.2).
  const chunks = all.filter(({ type }) => type !== 'PLTE' && type !== 'tRNS');
  // The library refuses a transparent colour in the smallest pictures.
  const key = all.find(({ type }) => type === 'tRNS')?.whole.subarray(8, -4);
  const isWhole = key?.length === 2 * (samplesOf[bytes[25]!] ?? 0);
  return { ...samplesOfChunks(bytes, chunks), ...(isWhole && { key }) };
}

function samplesOfChunks(bytes: Uint8Array, chunks: readonly PixelChunk[]): DecodedPng {
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ whole }) => whole.subarray(8, -4));
  const [depth, colour, interlace] = [bytes[24]!, bytes[25]!, bytes[28]!];
  if (depth < 8 && samplesOf[colour] !== 1) {
    throw new Error(`colour type ${colour} has no samples of ${depth} bits`);
  }
  if (depth < 8 && interlace === 1) {
    const lines: Uint8Array[] = [];
    unzip(packed, unpackedBytes(bytes), (part) => lines.push(part));
    const png = { ...withoutPixels(bytes, chunks), ...storedSize(bytes, 'decodePng') };
    return { ...png, data: deinterlaced(concatenate(lines), png) };
  }
  // The library unpacks whatever comes, so it is measured first.
  unzip(packed, unpackedBytes(bytes));
  const png = decode(concatenate([bytes.subarray(0, 8), ...chunks.map(({ whole }) => whole)]));
  return depth < 8 ? { ...png, data: unpack(png) } : png;
}

/** Palette and transparency of a file as the library reads them, with a picture of one pixel in the file's place. */
function withoutPixels(bytes: Uint8Array, chunks: readonly PixelChunk[]): DecodedPng {
  // A Buffer's slice would be the caller's memory.
  const header = Uint8Array.from(bytes.subarray(0, headerEnd));
  header.set([0, 0, 0, 1, 0, 0, 0, 1], 16);
  header[28] = 0;
  const colours = chunks.filter(({ type }) => type === 'PLTE' || type === 'tRNS').map(({ whole }) => whole);
  const pixel = encode({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) }).subarray(headerEnd);
  return decode(concatenate([header, ...colours, pixel]));
}

/** A chunk that says something about the pixels, from its length to its checksum. */
interface PixelChunk {
  readonly type: string;
  readonly whole: Uint8Array;
}

/** eXIf is about where they go. */
const kept = new Set(['IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND']);

/** The chunks about the pixels, checked; the library would unpack others, such as colour profiles, to any size. */
function pixelChunks(bytes: Uint8Array): PixelChunk[] {
  const chunks: PixelChunk[] = [];
  let last = '';
  for (const { type, at, data, end } of chunksOf(bytes)) {
    if (end > bytes.length) throw new Error(`chunk ${type} ends after the file`);
    if ((type === 'IHDR') !== (at === 8)) throw new Error('the header is not where it belongs');
    if (type === 'PLTE' && end - 4 - data > 3 * 256) throw new Error('the palette has more than 256 colours');
    if (kept.has(type)) chunks.push({ type, whole: checked(bytes.subarray(at, end), type) });
    last = type;
  }
  if (last !== 'IEND') throw new Error('the file ends too early');
  return chunks;
}

function checked(chunk: Uint8Array, type: string): Uint8Array {
  const stated = new DataView(chunk.buffer, chunk.byteOffset).getUint32(chunk.length - 4);
  if (crc32(chunk.subarray(4, -4)) === stated) return chunk;
  throw new Error(`chunk ${type} has another checksum than it states`);
}

/** Bytes that the lines of a picture take at most, each with one byte in front. */
function unpackedBytes(bytes: Uint8Array): number {
  const { width, height } = storedSize(bytes, 'decodePng');
  const line = 1 + Math.ceil((width * bytes[24]! * (samplesOf[bytes[25]!] ?? 4)) / 8);
  const interlaced = bytes[28] !== 0;
  // Seven small pictures have fewer than twice as many lines in all, and a few more where they are tiny.
  return interlaced ? 2 * height * line + 64 : height * line;
}

/** Unpacks in steps, because each may become a thousand times as large, and stops past the limit. */
function unzip(packed: readonly Uint8Array[], limit: number, take?: (part: Uint8Array) => void): void {
  const step = 2 ** 14;
  let length = 0;
  const inflate = new Unzlib((part) => {
    length += part.length;
    if (length > limit) throw new Error(`its pixels unpack to more than the ${limit} bytes of its size`);
    take?.(part);
  });
  for (const part of packed) {
    for (let at = 0; at < part.length; at += step) inflate.push(part.subarray(at, at + step));
  }
  inflate.push(new Uint8Array(0), true);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function toBytes(png: Samples, ground: number, where: string): Picture {
  const { width, height, depth, data: samples } = png;
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
    else if (png.key && isKeyColour(samples, at, png.key, top)) alpha = 0;
    for (let c = 0; c < channels; c++) {
      const value = colour ? colour[c]! / 255 : samples[at + c]! / top;
      data[i * channels + c] = Math.round((value * alpha + ground * (1 - alpha)) * 255);
    }
  }
  return { width, height, channels, data };
}

/** Of its two bytes a key uses as many bits as a sample has. */
function isKeyColour(samples: ArrayLike<number>, at: number, key: Uint8Array, top: number): boolean {
  for (let c = 0; 2 * c < key.length; c++)
    if (samples[at + c] !== ((256 * key[2 * c]! + key[2 * c + 1]!) & top)) return false;
  return true;
}

/** Samples of 1, 2 or 4 bits, one per element; lines begin on a byte. */
function unpack({ width, height, depth, data }: DecodedPng): Uint8Array {
  const line = 8 * Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      out[y * width + x] = sampleAt(data as Uint8Array, y * line + x * depth, depth);
  }
  return out;
}
