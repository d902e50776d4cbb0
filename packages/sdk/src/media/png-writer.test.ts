import { deflateSync, inflateSync } from 'node:zlib';
import { decode } from 'fast-png';
import { describe, expect, it, vi } from 'vitest';
import { decodePng, encodePng } from './png.js';

/** Length of the signature with IHDR, where IDAT begins. */
const HEAD = 8 + 12 + 13;

/** What is packed in the one IDAT chunk, by Node's own zlib. */
function linesOf(png: Uint8Array): number[] {
  const length = new DataView(png.buffer).getUint32(HEAD);
  return [...inflateSync(png.subarray(HEAD + 8, HEAD + 8 + length))];
}

describe.each([
  ['fflate', undefined],
  ['node:zlib', { deflate: (bytes: Uint8Array) => deflateSync(bytes) }],
])('a PNG packed by %s', (_, options) => {
  it('holds each line behind the number of its filter, none', () => {
    const data = Uint8Array.of(200, 3, 7, 0, 255, 1);
    const [grey, colour] = [
      encodePng({ width: 3, height: 2, channels: 1, data }, options),
      encodePng({ width: 1, height: 2, channels: 3, data }, options),
    ];
    for (const png of [grey, colour]) expect(linesOf(png)).toEqual([0, 200, 3, 7, 0, 0, 255, 1]);
  });

  it.each([1, 3] as const)('keeps every pixel of %i channels, as another reader sees them', (channels) => {
    const [width, height] = [61, 37];
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) =>
      i % 7 === 0 ? (i * 2_654_435_761) >>> 24 : 128 + 100 * Math.sin(i / 50),
    );
    const png = encodePng({ width, height, channels, data }, options);
    const read = decode(png, { checkCrc: true });
    expect([read.width, read.height, read.channels, read.depth]).toEqual([width, height, channels, 8]);
    expect(Buffer.compare(Uint8Array.from(read.data), data)).toBe(0);
    expect(decodePng(png)).toEqual({ width, height, channels, data });
  });
});

it('packs with what it is given', () => {
  const deflate = vi.fn((bytes: Uint8Array) => deflateSync(bytes, { level: 0 }));
  const picture = { width: 1, height: 1, channels: 1, data: Uint8Array.of(9) } as const;
  expect(decodePng(encodePng(picture, { deflate })).data).toEqual(Uint8Array.of(9));
  expect(deflate).toHaveBeenCalledOnce();
  expect(() => encodePng(picture, { deflate: 3 as never })).toThrow(
    'encodePng: deflate is 3, expected a function such as deflateSync of node:zlib.',
  );
});
