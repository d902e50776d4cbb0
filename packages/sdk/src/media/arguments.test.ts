import { describe, expect, it } from 'vitest';
import {
  decodeJpeg,
  decodeNpy,
  decodeNpz,
  decodePng,
  encodeGif,
  encodeNpy,
  encodeNpz,
  encodePng,
  grid,
  pngSize,
  resize,
  stack,
  toPicture,
  toPictures,
  toTensor,
} from './index.js';

/** Calls without regard to types, as JavaScript makes them. */
type Loose = (...values: unknown[]) => unknown;

const cases: readonly (readonly [string, Loose, readonly unknown[], string])[] = [
  ['toPicture', toPicture as Loose, [], 'expected an array { data, shape }, got nothing.'],
  ['toPictures', toPictures as Loose, [], 'expected an array { data, shape }, got nothing.'],
  ['toPictures', toPictures as Loose, [null], 'expected an array { data, shape }, got Null.'],
  ['toPictures', toPictures as Loose, ['a.png'], 'expected an array { data, shape }, got String.'],
  [
    'toPictures',
    toPictures as Loose,
    [Promise.resolve()],
    'expected an array { data, shape }, got Promise. Await it first.',
  ],
  ['grid', grid as Loose, [7], 'expected an array { data, shape }, got Number.'],
  ['encodePng', encodePng as Loose, [], 'expected a picture, got nothing.'],
  ['encodePng', encodePng as Loose, [[]], 'expected a picture, got Array.'],
  ['toTensor', toTensor as Loose, [], 'expected a picture, got nothing.'],
  ['resize', resize as Loose, [{}], 'expected a picture, got Object.'],
  ['encodeGif', encodeGif as Loose, [], 'expected a list of pictures, got nothing.'],
  ['encodeGif frame 0', encodeGif as Loose, [[{}]], 'expected a picture, got'],
  ['stack', stack as Loose, [], 'expected a list of pictures, got nothing.'],
  [
    'decodePng',
    decodePng as Loose,
    ['a'],
    'expected the bytes of a file (a Uint8Array), got String. Read the file first.',
  ],
  ['pngSize', pngSize as Loose, [], 'expected the bytes of a file (a Uint8Array), got nothing.'],
  ['decodeNpy', decodeNpy as Loose, [new ArrayBuffer(4)], 'got ArrayBuffer. Pass new Uint8Array(buffer).'],
  ['decodeNpz', decodeNpz as Loose, [], 'expected the bytes of a file (a Uint8Array), got nothing.'],
  ['encodeNpy', encodeNpy as Loose, [], 'expected an array { data, shape }, got nothing.'],
  ['encodeNpz', encodeNpz as Loose, [], 'expected arrays by name, { name: { data, shape } }, got nothing.'],
  ['encodeNpy', encodeNpz as Loose, [{ a: 1 }], 'expected an array { data, shape }, got Number.'],
];

describe('wrong arguments', () => {
  it.each(cases)('%s', (where, call, values, message) => {
    expect(() => call(...values)).toThrow(expect.objectContaining({ name: 'VaeError', code: 'bad-input' }));
    expect(() => call(...values)).toThrow(`${where}: `);
    expect(() => call(...values)).toThrow(message);
  });

  it('of decodeJpeg reject', async () => {
    await expect((decodeJpeg as Loose)('a.jpg')).rejects.toMatchObject({
      code: 'bad-input',
      message: 'decodeJpeg: expected the bytes of a file (a Uint8Array), got String. Read the file first.',
    });
  });
});
