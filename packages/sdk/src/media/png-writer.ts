import { zlibSync } from 'fflate';
import type { Picture } from './picture.js';

/** Packs bytes in the format of zlib (RFC 1950). */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

const LEVEL = 6;
const COLOUR_TYPE = { 1: 0, 3: 2 } as const;

const deflateHere: Deflate = (bytes) => zlibSync(bytes, { level: LEVEL });

/**
 * A PNG file of a checked picture, not interlaced, 8 bits per channel, its lines as they are: filters make drawings
 * larger and cost time.
 *
 * @see PNG, third edition, 11.2.1 (chunks), 12.7 (choosing a filter)
 */
export function writePng(
  { width, height, channels, data }: Picture,
  deflate: Deflate = deflateHere,
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOUR_TYPE[channels]], 8);
  const packed = deflate(linesOf(data, width * channels, height));
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array(0))];
  return concatenate(parts);
}

/** The lines, each with the number of its filter, 0 for none, in front. */
function linesOf(data: Picture['data'], line: number, height: number): Uint8Array {
  const out = new Uint8Array((line + 1) * height);
  for (let y = 0; y < height; y++) out.set(data.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  return out;
}

/** What every PNG file begins with. */
export const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Some bytes after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** CRC-32 of ISO 3309, reflected polynomial 0xEDB88320. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
