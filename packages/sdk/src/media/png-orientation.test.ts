import { describe, expect, it } from 'vitest';
import { decodePng, encodePng, type Picture, pngSize } from './index.js';
import { chunk } from './testing/png-chunk.js';

/** A TIFF directory with one entry: tag 0x0112, of type SHORT, one number. */
function directory(orientation: number, littleEndian: boolean): Uint8Array {
  const tiff = new Uint8Array(26);
  const view = new DataView(tiff.buffer);
  tiff.set(littleEndian ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  for (const [i, value] of [1, 0x0112, 3].entries()) view.setUint16(8 + 2 * i, value, littleEndian);
  view.setUint32(14, 1, littleEndian);
  view.setUint16(18, orientation, littleEndian);
  return tiff;
}

/** Six pixels, 1 to 6 row by row, three across. */
const stored: Picture = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const png = encodePng(stored);
/** Behind the header, which ends at byte 33, or in front of IEND, the last twelve bytes. */
const withChunk = (bytes: Uint8Array, at: 'front' | 'back'): Uint8Array => {
  const place = at === 'front' ? 33 : png.length - 12;
  return Uint8Array.of(...png.subarray(0, place), ...bytes, ...png.subarray(place));
};

const rowsOf = ({ width, height, data }: Picture): number[][] =>
  Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);

// The EXIF standard, 4.6.2: what the first stored row and the first stored column are to be shown as.
const upright: [number, string, number[][]][] = [
  [
    1,
    'top, left',
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    2,
    'top, right',
    [
      [3, 2, 1],
      [6, 5, 4],
    ],
  ],
  [
    3,
    'bottom, right',
    [
      [6, 5, 4],
      [3, 2, 1],
    ],
  ],
  [
    4,
    'bottom, left',
    [
      [4, 5, 6],
      [1, 2, 3],
    ],
  ],
  [
    5,
    'left, top',
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  ],
  [
    6,
    'right, top',
    [
      [4, 1],
      [5, 2],
      [6, 3],
    ],
  ],
  [
    7,
    'right, bottom',
    [
      [6, 3],
      [5, 2],
      [4, 1],
    ],
  ],
  [
    8,
    'left, bottom',
    [
      [3, 6],
      [2, 5],
      [1, 4],
    ],
  ],
  [
    0,
    'none known',
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    9,
    'none known',
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
];

describe('the EXIF orientation of a PNG', () => {
  it.each(upright)('%i (%s) is turned upright', (orientation, _, rows) => {
    for (const littleEndian of [false, true])
      for (const place of ['front', 'back'] as const) {
        const bytes = withChunk(chunk('eXIf', directory(orientation, littleEndian)), place);
        expect(rowsOf(decodePng(bytes))).toEqual(rows);
        expect(pngSize(bytes)).toEqual({ width: rows[0]!.length, height: rows.length });
      }
  });

  it('keeps the channels of a pixel together', () => {
    const colour = encodePng({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    const exif = chunk('eXIf', directory(6, false));
    const bytes = Uint8Array.of(...colour.subarray(0, 33), ...exif, ...colour.subarray(33));
    expect(decodePng(bytes)).toEqual({
      width: 1,
      height: 2,
      channels: 3,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    });
  });

  it('is none where the chunk holds no directory, and a damaged chunk is a damaged file', () => {
    for (const data of [new Uint8Array(), Uint8Array.of(0x4d, 0x4d, 0, 42, 0xff, 0xff, 0xff, 0xff)])
      expect(decodePng(withChunk(chunk('eXIf', data), 'front'))).toEqual(stored);
    const damaged = chunk('eXIf', directory(6, false));
    damaged[20]! ^= 1;
    expect(() => decodePng(withChunk(damaged, 'front'), 'a.png')).toThrow('a.png: damaged PNG file: ');
  });
});
