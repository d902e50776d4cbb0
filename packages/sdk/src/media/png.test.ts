import { encode as encodeAnyPng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodePng, encodePng, type Picture, pngSize } from './index.js';
import { chunk } from './testing/png-chunk.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('PNG', () => {
  it('keeps pictures', () => {
    for (const channels of [1, 3] as const) {
      const data = Uint8Array.from({ length: 15 * channels }, (_, i) => (i * 37) % 256);
      const picture: Picture = { width: 5, height: 3, channels, data };
      expect(decodePng(encodePng(picture))).toEqual(picture);
      expect(encodePng(picture)).toEqual(encodePng(picture));
    }
  });

  it('rounds 16 bits to 8', () => {
    const png = encodeAnyPng({
      width: 3,
      height: 1,
      channels: 1,
      depth: 16,
      data: Uint16Array.of(0, 32768, 65535),
    });
    expect(decodePng(png).data).toEqual(bytes(0, 128, 255));
  });

  it('reads palettes and packed bits', () => {
    const palette = [
      [0, 0, 0],
      [255, 10, 20],
      [1, 2, 3],
    ];
    const indexed = encodeAnyPng({
      width: 3,
      height: 1,
      channels: 1,
      depth: 8,
      palette,
      data: bytes(2, 1, 0),
    });
    expect(decodePng(indexed)).toEqual({
      width: 3,
      height: 1,
      channels: 3,
      data: bytes(1, 2, 3, 255, 10, 20, 0, 0, 0),
    });
    // Ten pixels of one bit a line: a line takes two bytes, the last six bits unused.
    const bits = encodeAnyPng({
      width: 10,
      height: 2,
      channels: 1,
      depth: 1,
      data: bytes(0b10100000, 0b01000000, 0, 0b10000000),
    });
    expect([...decodePng(bits).data].map((byte) => byte / 255).join('')).toBe('10100000010000000010');
  });

  it('leaves out a palette that is only suggested', () => {
    const data = bytes(255, 0, 0, 1, 200, 3);
    const png = encodePng({ width: 2, height: 1, channels: 3, data });
    const withChunk = (type: string, ...values: number[]) =>
      Uint8Array.from([...png.subarray(0, 33), ...chunk(type, bytes(...values)), ...png.subarray(33)]);
    expect(decodePng(withChunk('PLTE', 9, 9, 9, 8, 8, 8)).data).toEqual(data);
    // The one transparent colour, of 16 bits per channel of which the lower 8 count.
    expect(decodePng(withChunk('tRNS', 7, 1, 0, 200, 0, 3)).data).toEqual(bytes(255, 0, 0, 0, 0, 0));
  });

  it('composites transparency on black', () => {
    const grey = encodeAnyPng({ width: 2, height: 1, channels: 2, data: bytes(200, 128, 255, 0) });
    expect(decodePng(grey)).toEqual({ width: 2, height: 1, channels: 1, data: bytes(100, 0) });
    const colour = encodeAnyPng({ width: 1, height: 1, channels: 4, data: bytes(255, 100, 0, 51) });
    expect(decodePng(colour)).toEqual({ width: 1, height: 1, channels: 3, data: bytes(51, 20, 0) });
  });

  it('composites transparency on another background', () => {
    // 200 · 128 / 255 + 255 · 127 / 255 = 227.4; 51 / 255 is one fifth: 255, 0.2 · 100 + 0.8 · 255 = 224, 204
    const grey = encodeAnyPng({ width: 2, height: 1, channels: 2, data: bytes(200, 128, 255, 0) });
    expect(decodePng(grey, 'a', { background: 255 }).data).toEqual(bytes(227, 255));
    const colour = encodeAnyPng({ width: 1, height: 1, channels: 4, data: bytes(255, 100, 0, 51) });
    expect(decodePng(colour, 'a', { background: 255 }).data).toEqual(bytes(255, 224, 204));
    expect(() => decodePng(grey, 'a', { background: 256 })).toThrow(
      'background is 256, expected a grey level',
    );
  });

  it('refuses other files and damaged ones', () => {
    const png = encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(7) });
    expect(pngSize(png)).toEqual({ width: 4, height: 4 });
    expect(() => pngSize(bytes(1, 2, 3), 'a.png')).toThrow('a.png: not a PNG file');
    expect(() => decodePng(bytes(1, 2, 3))).toThrow('not a PNG file');
    for (const length of [8, 32]) {
      const text = `a.png: a PNG file cut off in its header, after ${length} bytes.`;
      expect(() => decodePng(png.slice(0, length), 'a.png')).toThrow(text);
      expect(() => pngSize(png.slice(0, length), 'a.png')).toThrow(text);
    }
    expect(() => decodePng(png.slice(0, 7))).toThrow('not a PNG file');
    expect(() => decodePng(png.slice(0, 45), 'a.png')).toThrow('a.png: damaged PNG file');
    const changed = png.slice();
    changed[43]! ^= 1;
    expect(() => decodePng(changed)).toThrow('damaged PNG file');
    const huge = png.slice();
    new DataView(huge.buffer).setUint32(16, 2 ** 31 - 1);
    expect(() => decodePng(huge)).toThrow('more than the 2^28');
  });

  it('does not unpack more than the size of a PNG asks for', () => {
    const size = 2000;
    const png = encodePng({ width: size, height: size, channels: 1, data: new Uint8Array(size ** 2) });
    const first = chunk('IHDR', bytes(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0));
    const bomb = Uint8Array.from([...png.subarray(0, 8), ...first, ...png.subarray(33)]);
    expect(() => decodePng(bomb, 'a.png')).toThrow(
      'a.png: damaged PNG file: its pixels unpack to more than the 2 bytes of its size',
    );
    const twice = Uint8Array.from([...png.subarray(0, 33), ...png.subarray(8)]);
    expect(() => decodePng(twice)).toThrow('the header is not where it belongs');
  });

  it('reads an interlaced PNG and leaves out what is not about pixels', () => {
    const png = encodePng({ width: 1, height: 1, channels: 1, data: bytes(9) });
    const header = chunk('IHDR', bytes(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 1));
    const profile = chunk('iCCP', bytes(65, 0, 0, 1, 2, 3));
    const interlaced = [...png.subarray(0, 8), ...header, ...profile, ...png.subarray(33)];
    expect(decodePng(Uint8Array.from(interlaced)).data).toEqual(bytes(9));
  });
});
