import { describe, expect, it } from 'vitest';
import { grid, type Picture, toPicture, toPictures, toTensor } from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const floats = (...values: number[]) => Float32Array.from(values);

describe('toPicture and toTensor', () => {
  it('keep every byte', () => {
    const data = Uint8Array.from({ length: 256 }, (_, i) => i);
    const picture: Picture = { width: 256, height: 1, channels: 1, data };
    const tensor = toTensor(picture);
    expect(tensor.shape).toEqual([1, 1, 256]);
    expect(tensor.data).toEqual(Float32Array.from(data, (byte) => byte / 255));
    expect(toPicture(tensor)).toEqual(picture);
  });

  it('clamp and never stretch or wrap', () => {
    const image = { data: Float32Array.of(-0.5, 0.2, 0.4, 1.7), shape: [1, 2, 2] };
    expect(toPicture(image)).toEqual({ width: 2, height: 2, channels: 1, data: bytes(0, 51, 102, 255) });
  });

  it('turn planes into interleaved colours and back', () => {
    const image = { data: Float32Array.of(0, 1, 0.2, 0.4, 0.6, 0.8), shape: [3, 1, 2] };
    const picture = toPicture(image);
    expect(picture.data).toEqual(bytes(0, 51, 153, 255, 102, 204));
    expect(toTensor(picture)).toEqual(image);
  });

  it('convert between grey and colour', () => {
    const grey: Picture = { width: 2, height: 1, channels: 1, data: bytes(10, 200) };
    const repeated = toTensor(grey, 3);
    expect(repeated.shape).toEqual([3, 1, 2]);
    expect(toTensor(toPicture(repeated), 1)).toEqual(toTensor(grey));
    const red: Picture = { width: 1, height: 1, channels: 3, data: bytes(255, 0, 0) };
    expect(toTensor(red, 1).data[0]).toBeCloseTo(0.299, 7);
  });

  it('refuse what is no image', () => {
    expect(() => toPicture({ data: new Float32Array(4), shape: [2, 2] })).toThrow(
      'expected shape [1 or 3, H, W], got [2, 2].',
    );
    expect(() => toPicture({ data: new Float32Array(8), shape: [2, 1, 2, 2] })).toThrow(
      'expected shape [1 or 3, H, W], got [2, 1, 2, 2]; use grid.',
    );
    expect(() => toPicture({ data: Float32Array.of(Number.NaN), shape: [1, 1, 1] })).toThrow(
      'element 0 is NaN',
    );
    expect(() => toTensor({ width: 2, height: 2, channels: 1, data: bytes(1) })).toThrow(
      '2 x 2 pixels with 1 channels',
    );
  });
});

describe('toPicture', () => {
  it('reads each layout', () => {
    // Two pixels below each other: (1, 0, 0.2) and (0.4, 0.6, 0.8).
    const picture: Picture = { width: 1, height: 2, channels: 3, data: bytes(255, 0, 51, 102, 153, 204) };
    const planes = { data: floats(1, 0.4, 0, 0.6, 0.2, 0.8), shape: [3, 2, 1] };
    const pixels = { data: floats(1, 0, 0.2, 0.4, 0.6, 0.8), shape: [2, 1, 3] };
    expect(toPicture(planes)).toEqual(picture);
    expect(toPicture(pixels, { layout: 'hwc' })).toEqual(picture);
    expect(toPicture({ ...pixels, shape: [1, 2, 1, 3] }, { layout: 'hwc' })).toEqual(picture);
    const row = { data: floats(0, 0.2, 0.4, 1), shape: [4] };
    expect(toPicture(row, { layout: 'flat' })).toMatchObject({
      width: 2,
      height: 2,
      data: bytes(0, 51, 102, 255),
    });
    expect(toPicture({ ...row, shape: [1, 4] }, { layout: 'flat', width: 4 })).toMatchObject({
      width: 4,
      height: 1,
    });
  });

  it('clamps to the range and rounds to the nearest byte', () => {
    const image = { data: floats(-3, -1, 0, 0.5, 1, Number.POSITIVE_INFINITY), shape: [1, 1, 6] };
    // 255 · 0.5 = 127.5, rounded up; 255 · 0.75 = 191.25
    expect(toPicture(image, { range: [-1, 1] }).data).toEqual(bytes(0, 0, 128, 191, 255, 255));
  });

  it('gives one picture per image of a batch, and a grid in any layout and range', () => {
    const batch = { data: floats(-1, 0.2, 1, -0.2), shape: [2, 1, 2, 1] };
    const format = { layout: 'hwc', range: [-1, 1] } as const;
    const expected = [bytes(0, 153), bytes(255, 102)];
    expect(toPictures(batch, format).map(({ data }) => data)).toEqual(expected);
    expect(grid(batch, { ...format, gap: 0, columns: 1 }).data).toEqual(bytes(0, 153, 255, 102));
    expect(grid(batch, { ...format, gap: 0, columns: 1, scale: 2 }).width).toBe(4);
  });

  it('refuses what does not fit', () => {
    const image = { data: new Float32Array(4), shape: [1, 2, 2] };
    expect(() => toPicture(image, { layout: 'hwc' })).toThrow('expected shape [H, W, 1 or 3], got [1, 2, 2]');
    expect(() => toPicture(image, { layout: 'flat' })).toThrow('expected shape [H * W], got [1, 2, 2]');
    expect(() => toPicture(image, { layout: 'nchw' as 'chw' })).toThrow("layout is 'nchw'");
    expect(() => toPicture(image, { range: [1, 1] })).toThrow('range is [1,1], expected [low, high]');
    expect(() => toPicture({ data: image.data, shape: [1, 3, 2] })).toThrow(
      'shape [1, 3, 2] needs 6 elements, the data has 4',
    );
    const row = { data: new Float32Array(6), shape: [6] };
    expect(() => toPicture(row, { layout: 'flat' })).toThrow('6 pixels are no square; give the width');
    expect(() => toPicture(row, { layout: 'flat', width: 4 })).toThrow('6 pixels are no rows of 4');
    expect(() => toPictures(image)).toThrow('expected shape [N, 1 or 3, H, W], got [1, 2, 2]');
    expect(() => toPicture({ data: floats(0, Number.NaN), shape: [1, 1, 2] })).toThrow('element 1 is NaN');
  });
});
