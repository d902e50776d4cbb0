import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { encode as encodeAnyPng } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { encodePng, type Picture } from '../media/index.js';
import type { DataSpec } from '../model.js';
import { images as reader } from '../platform/node.js';
import { imageBatch, readImage } from './read-image.js';
import type { ImageInput } from './types.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

const picture: Picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 254, 255, 0) };
const png = encodePng(picture);
const jpeg = readFileSync(new URL('../media/testing/blocks.jpg', import.meta.url));
const rgba = { width: 2, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 255, 254, 255, 0, 255) };
const canvas = { width: 2, height: 1, getContext: () => ({ getImageData: () => rgba }) };

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

describe('readImage', () => {
  const path = file('a picture.png', png);
  const sameBuffer = png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer;

  it.each<[string, ImageInput]>([
    ['a path', path],
    ['a file: URL', pathToFileURL(path)],
    ['a file: URL as text', pathToFileURL(path).href],
    ['PNG bytes', png],
    ['a Buffer', Buffer.from(png)],
    ['an ArrayBuffer', sameBuffer],
    ['a Blob', new Blob([sameBuffer])],
    ['RGBA pixels', rgba],
    [
      'RGBA pixels of another realm',
      runInNewContext('({ ...rgba, data: Uint8ClampedArray.from(rgba.data) })', { rgba }),
    ],
    ['RGBA pixels in a Buffer', { ...rgba, data: Buffer.from(rgba.data) }],
    ['a picture', picture],
    ['a canvas of a package', canvas],
  ])('reads %s', async (_, image) => {
    expect(reader.isImage(image)).toBe(true);
    expect(await readImage(image)).toEqual(picture);
  });

  it('reads JPEG from bytes and files, whatever the name says', async () => {
    const fromBytes = await readImage(jpeg);
    expect(fromBytes).toMatchObject({ width: 24, height: 16, channels: 3 });
    expect(await readImage(file('really-a-jpeg.png', jpeg))).toEqual(fromBytes);
    expect(await readImage(new Blob([jpeg]))).toEqual(fromBytes);
  });

  it('composites transparency on the background, the same for PNG and pixels', async () => {
    // Alpha 51 is one fifth: 0.2 · 255 = 51, 0.2 · 100 = 20, and 0.8 · 255 = 204 more on white.
    const data = Uint8Array.of(255, 100, 0, 51);
    for (const image of [
      encodeAnyPng({ width: 1, height: 1, channels: 4, data }),
      { width: 1, height: 1, data },
    ]) {
      expect([...(await readImage(image)).data]).toEqual([51, 20, 0]);
      expect([...(await readImage(image, { background: 255 })).data]).toEqual([255, 224, 204]);
    }
    await expect(readImage(rgba, { background: 300 })).rejects.toThrow('readImage: background is 300');
  });

  it.each<[string, unknown]>([
    ['numbers', [0, 1]],
    ['a typed array', new Uint8Array(784)],
    ['bytes that begin with a white pixel', Uint8Array.of(255, 216, 255, 16)],
    ['floats', new Float32Array(4)],
    ['a tensor', { data: new Float32Array(4), shape: [4] }],
    ['a tensor with sizes', { data: new Float32Array(4), shape: [4], width: 2, height: 2 }],
    ['null', null],
    ['nothing', undefined],
  ])('does not take %s for an image', async (_, value) => {
    expect(reader.isImage(value)).toBe(false);
  });

  it.each<[string, unknown, string, string]>([
    [
      'an object',
      {},
      'bad-input',
      'readImage: expected an image (a path, a file: URL, bytes of a PNG or JPEG file',
    ],
    [
      'text in a file',
      file('text.png', Buffer.from('hello')),
      'bad-file',
      'text.png: neither a PNG nor a JPEG file',
    ],
    ['an empty file', file('empty.png', new Uint8Array()), 'bad-file', 'empty.png: empty; convert the image'],
    ['a damaged file', file('cut.png', png.subarray(0, 40)), 'bad-file', 'cut.png: damaged PNG file'],
    ['a path to nothing', join(folder, 'nothing.png'), 'not-found', 'nothing.png: no such file.'],
    [
      'base64 text',
      '/9j/4AAQ'.repeat(1000),
      'bad-file',
      `readImage: ${'/9j/4AAQ'.repeat(10)}… (8000 characters): cannot be read: ENAMETOOLONG: name too long. A picture ` +
        "as base64 text is passed as Buffer.from(text, 'base64').",
    ],
    ['a folder', folder, 'bad-file', 'not a plain file'],
    ['a web address', 'https://example.com/a.png', 'unsupported', 'fetch it and pass its bytes'],
    ['a data: URL', 'data:image/png;base64,AAAA', 'unsupported', 'images are read from paths and file: URLs'],
    [
      'RGB pixels without channels',
      { width: 1, height: 1, data: new Uint8Array(3) },
      'bad-input',
      'expected 4 bytes per pixel',
    ],
    [
      'float pixels',
      { width: 1, height: 1, data: new Float32Array(4) },
      'bad-input',
      '4 elements of a Float32Array',
    ],
    ['a picture of other sizes', { ...picture, width: 3 }, 'bad-input', '3 x 1 pixels with 3 channels'],
    [
      'a canvas of another kind',
      { ...canvas, getContext: () => null },
      'bad-input',
      'the canvas has no 2D context',
    ],
  ])('refuses %s', async (_, value, code, message) => {
    await expect(readImage(value as ImageInput)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('refuses a file larger than 256 MiB before reading it', async () => {
    const path = file('large.png', png);
    truncateSync(path, 2 ** 28 + 1);
    await expect(readImage(path)).rejects.toThrow('268435457 bytes; images of at most 256 MiB are read');
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    mkdirSync(join(folder, 'pipes'));
    const pipe = join(folder, 'pipes', 'a.png');
    execFileSync('mkfifo', [pipe]);
    await expect(readImage(pipe)).rejects.toThrow('a.png: not a plain file.');
  });
});

describe('imageBatch', () => {
  const data: DataSpec = { kind: 'image', shape: [3, 1, 2], layout: 'chw', range: [-1, 1] };

  it('gives a batch for one image and for a list', async () => {
    const one = await imageBatch(png, data, 'encode');
    expect(one!.shape).toEqual([1, 3, 1, 2]);
    expect(one!.data).toEqual(Float32Array.of(...[1, 254, 2, 255, 3, 0].map((byte) => (2 * byte) / 255 - 1)));
    const three = await imageBatch([png, rgba, picture], data, 'encode');
    expect(three!.shape).toEqual([3, 3, 1, 2]);
    expect(three!.data).toEqual(Float32Array.of(...one!.data, ...one!.data, ...one!.data));
  });

  it.each([
    ['GIF', 'GIF89a\x04\0\x04\0'],
    ['BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0'],
    ['TIFF', 'II*\0\x08\0\0\0'],
    ['TIFF, the other way round', 'MM\0*\0\0\0\x08'],
    ['WebP', 'RIFF\x24\0\0\0WEBPVP8 '],
    ['AVIF', '\0\0\0\x1cftypavif\0\0\0\0'],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0'],
  ])('takes the bytes of %s for an image, not for numbers', async (_, text) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    await expect(imageBatch(bytes, data, 'encode')).rejects.toThrow(
      'encode: neither a PNG nor a JPEG file; convert the image to one of them.',
    );
  });

  it('leaves arrays to others', async () => {
    expect(await imageBatch([[0, 1]], data, 'encode')).toBeUndefined();
    expect(await imageBatch([], data, 'encode')).toBeUndefined();
    expect(await imageBatch({ data: new Float32Array(6), shape: [3, 1, 2] }, data, 'encode')).toBeUndefined();
  });

  it('passes the options on', async () => {
    const seen = await imageBatch(png, { ...data, shape: [1, 2, 2] }, 'encode', {
      fit: 'contain',
      background: 255,
    });
    expect([...seen!.data.slice(2)]).toEqual([1, 1]);
  });

  it('says which image of a list is wrong, and refuses a model of other data', async () => {
    await expect(imageBatch([png, jpeg], data, 'encode')).rejects.toThrow(
      'encode image 1: the image has 24 x 16',
    );
    await expect(imageBatch([png, 7], data, 'encode')).rejects.toThrow('encode image 1: expected an image');
    const audio: DataSpec = { kind: 'audio', shape: [100], layout: 'flat' };
    await expect(imageBatch(png, audio, 'encode')).rejects.toThrow('the model takes audio of shape [100]');
  });
});
