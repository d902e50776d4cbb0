import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeJpeg, type Picture } from './index.js';

const file = (name: string) => new Uint8Array(readFileSync(new URL(`testing/${name}`, import.meta.url)));

/** What the files show: blocks of 8 x 8 pixels, three across and two down. Written by Pillow 13.0 at quality 95. */
const colours = [
  [200, 40, 30],
  [40, 180, 60],
  [50, 60, 210],
  [230, 220, 40],
  [10, 10, 10],
  [245, 245, 245],
];

/** Indices of the blocks' colours, row by row; a colour that is 3 levels off is none of them. */
function blocksOf({ width, height, data }: Picture): number[][] {
  return Array.from({ length: height / 8 }, (_, row) =>
    Array.from({ length: width / 8 }, (_, column) => {
      const at = ((8 * row + 4) * width + 8 * column + 4) * 3;
      return colours.findIndex((colour) => colour.every((byte, c) => Math.abs(byte - data[at + c]!) < 3));
    }),
  );
}

/** blocks.jpg with another number in its EXIF entry. */
function turned(orientation: number, littleEndian = false): Uint8Array {
  const bytes = file('blocks.jpg');
  const view = new DataView(bytes.buffer);
  const tiff = 30;
  expect(view.getUint16(tiff + 10)).toBe(0x0112);
  bytes.set(littleEndian ? [0x49, 0x49] : [0x4d, 0x4d], tiff);
  view.setUint16(tiff + 2, 42, littleEndian);
  view.setUint32(tiff + 4, 8, littleEndian);
  for (const [at, value] of [1, 0x0112, 3].entries()) view.setUint16(tiff + 8 + 2 * at, value, littleEndian);
  view.setUint32(tiff + 14, 1, littleEndian);
  view.setUint16(tiff + 18, orientation, littleEndian);
  return bytes;
}

describe('decodeJpeg', () => {
  it.each(['blocks.jpg', 'blocks-progressive.jpg', 'blocks-rgb.jpg'])('reads %s', async (name) => {
    const picture = await decodeJpeg(file(name));
    expect(picture).toMatchObject({ width: 24, height: 16, channels: 3 });
    expect(blocksOf(picture)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  // jdapimin.c of libjpeg-turbo 3.1, default_decompress_parms.
  it('tells colours that are stored as they are by the names of the channels, but not under JFIF', async () => {
    const [start, adobe] = [file('blocks-rgb.jpg').subarray(0, 2), 18];
    const rest = file('blocks-rgb.jpg').subarray(adobe);
    const jfif = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
    const blocks = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    expect(blocksOf(await decodeJpeg(Uint8Array.of(...start, ...rest)))).toEqual(blocks);
    expect(blocksOf(await decodeJpeg(Uint8Array.of(...start, ...jfif, ...rest)))).not.toEqual(blocks);
  });

  // The EXIF standard: what the first stored row and the first stored column are to be shown as.
  it.each<[number, string, number[][]]>([
    [
      1,
      'top, left',
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      2,
      'top, right',
      [
        [2, 1, 0],
        [5, 4, 3],
      ],
    ],
    [
      3,
      'bottom, right',
      [
        [5, 4, 3],
        [2, 1, 0],
      ],
    ],
    [
      4,
      'bottom, left',
      [
        [3, 4, 5],
        [0, 1, 2],
      ],
    ],
    [
      5,
      'left, top',
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ],
    [
      6,
      'right, top',
      [
        [3, 0],
        [4, 1],
        [5, 2],
      ],
    ],
    [
      7,
      'right, bottom',
      [
        [5, 2],
        [4, 1],
        [3, 0],
      ],
    ],
    [
      8,
      'left, bottom',
      [
        [2, 5],
        [1, 4],
        [0, 3],
      ],
    ],
    [
      9,
      'no orientation',
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
  ])('turns orientation %i (%s) upright', async (orientation, _, blocks) => {
    for (const littleEndian of [false, true]) {
      const bytes = turned(orientation, littleEndian);
      const picture = await decodeJpeg(bytes);
      expect([picture.height, picture.width]).toEqual([8 * blocks.length, 8 * blocks[0]!.length]);
      expect(blocksOf(picture)).toEqual(blocks);
      // A Buffer often is a part of a larger one.
      expect(await decodeJpeg(Buffer.concat([Buffer.alloc(7), bytes]).subarray(7))).toEqual(picture);
    }
  });

  it('refuses CMYK, and says what to do', async () => {
    await expect(decodeJpeg(changed(9, 4), 'a.jpg')).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'a.jpg: a JPEG in the inks of a printer (CMYK), whose colours no two decoders agree on. ' +
        'Convert it to RGB first, such as with: magick in.jpg -colorspace sRGB out.png',
    });
  });

  it('ignores an EXIF directory that lies outside its segment', async () => {
    const bytes = turned(6);
    new DataView(bytes.buffer).setUint32(34, 0xfffffff0);
    expect(await decodeJpeg(bytes)).toMatchObject({ width: 24, height: 16 });
  });

  const frame = file('blocks.jpg').findIndex((byte, i, all) => byte === 0xff && all[i + 1] === 0xc0);
  const changed = (at: number, ...values: number[]) => {
    const bytes = file('blocks.jpg');
    bytes.set(values, frame + at);
    return bytes;
  };

  it.each<[string, Uint8Array, string]>([
    ['other bytes', Uint8Array.of(1, 2, 3), 'a.jpg: not a JPEG file'],
    ['nothing', new Uint8Array(), 'a.jpg: not a JPEG file'],
    [
      'a start alone',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0),
      'a.jpg: damaged JPEG file: it has no frame.',
    ],
    ['half a file', file('blocks.jpg').slice(0, 300), 'a.jpg: damaged JPEG file: '],
    ['12 bits', changed(4, 12), 'a.jpg: a JPEG of 12 bits per sample; readable are 8.'],
    ['no rows', changed(5, 0, 0), 'a.jpg: 24 x 0 pixels, more than 10^8 or none at all.'],
    ['too many pixels', changed(5, 0xff, 0xff, 0xff, 0xff), 'a.jpg: 65535 x 65535 pixels, more than 10^8'],
    [
      'too much memory',
      changed(5, 0x27, 0x10, 0x27, 0x10),
      'a.jpg: 10000 x 10000 pixels need more than 512 MiB',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decodeJpeg(bytes, 'a.jpg')).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(message),
    });
  });
});
