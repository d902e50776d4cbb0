import { describe, expect, it } from 'vitest';
import { decodePng, encodePng, type Picture, toPicture, toTensor, type ValueRange } from '../media/index.js';
import { type ImageTensorOptions, imageTensor } from './to-tensor.js';

const allBytes: Picture = {
  width: 16,
  height: 16,
  channels: 1,
  data: Uint8Array.from({ length: 256 }, (_, byte) => byte),
};

/** Two pixels side by side, then one line below. */
const colour: Picture = {
  width: 2,
  height: 2,
  channels: 3,
  data: Uint8Array.of(0, 51, 102, 153, 204, 255, 255, 0, 0, 51, 51, 51),
};

const fifths = (values: Float32Array) => [...values].map((value) => Math.round(value * 5));

describe('imageTensor', () => {
  const ranges: ValueRange[] = [
    [0, 1],
    [-1, 1],
    [0, 255],
    [-0.42421296, 2.8214867],
  ];
  const layouts = ['chw', 'hwc', 'flat'] as const;
  const shapes = { chw: [1, 16, 16], hwc: [16, 16, 1], flat: [256] };

  it.each(ranges.flatMap((range) => layouts.map((layout) => [range, layout] as const)))(
    'keeps every byte in range %j, layout %s',
    (range, layout) => {
      const options = { shape: shapes[layout], layout, range };
      const item = imageTensor(decodePng(encodePng(allBytes)), options);
      expect(item.shape).toEqual(shapes[layout]);
      expect(toPicture(item, options)).toEqual(allBytes);
    },
  );

  it('gives the values of the formula, in float32', () => {
    const values = (range: ValueRange) => imageTensor(allBytes, { shape: [1, 16, 16], range }).data;
    expect(values([0, 1])).toEqual(Float32Array.from(allBytes.data, (byte) => byte / 255));
    expect(values([-1, 1])).toEqual(Float32Array.from(allBytes.data, (byte) => (2 * byte) / 255 - 1));
    expect(values([0, 255])).toEqual(Float32Array.from(allBytes.data));
    expect(values([0.1, 0.7])[255]).toBe(Math.fround(0.7));
    expect(imageTensor(allBytes, { shape: [1, 16, 16] })).toEqual(toTensor(allBytes));
  });

  it('lays colours out in planes or pixels', () => {
    const planes = imageTensor(colour, { shape: [3, 2, 2] });
    expect(planes.shape).toEqual([3, 2, 2]);
    expect(fifths(planes.data)).toEqual([0, 3, 5, 1, 1, 4, 0, 1, 2, 5, 0, 1]);
    const pixels = imageTensor(colour, { shape: [2, 2, 3], layout: 'hwc' });
    expect(pixels.shape).toEqual([2, 2, 3]);
    expect(fifths(pixels.data)).toEqual([0, 1, 2, 3, 4, 5, 5, 0, 0, 1, 1, 1]);
  });

  it('makes colours grey by luma and repeats grey', () => {
    // 0.299 R + 0.587 G + 0.114 B of 255, 0, 0 is 0.299 · 255; the last pixel is grey already.
    const luma = imageTensor(colour, { shape: [4], layout: 'flat' }).data;
    expect(luma[2]).toBe(Math.fround(0.299));
    expect(luma[3]).toBe(Math.fround(0.2));
    const grey: Picture = { width: 2, height: 1, channels: 1, data: Uint8Array.of(51, 255) };
    expect(fifths(imageTensor(grey, { shape: [3, 1, 2] }).data)).toEqual([1, 5, 1, 5, 1, 5]);
    expect(fifths(imageTensor(grey, { shape: [1, 2, 3], layout: 'hwc' }).data)).toEqual([1, 1, 1, 5, 5, 5]);
  });

  it('takes the sizes that a shape leaves open from the image', () => {
    expect(imageTensor(colour, { shape: [3, -1, -1] }).shape).toEqual([3, 2, 2]);
    expect(imageTensor(colour, { shape: [-1, -1, -1], layout: 'hwc' }).shape).toEqual([2, 2, 3]);
    expect(imageTensor(allBytes, { shape: [-1, -1, -1] }).shape).toEqual([1, 16, 16]);
    expect(imageTensor(allBytes, { shape: [-1], layout: 'flat' }).shape).toEqual([256]);
    expect(imageTensor(allBytes, { shape: [1, -1, 4], fit: 'fill' }).shape).toEqual([1, 16, 4]);
  });

  it('gives a batch for a list, of one size', () => {
    const batch = imageTensor([allBytes, allBytes], { shape: [1, -1, -1] });
    expect(batch.shape).toEqual([2, 1, 16, 16]);
    expect([batch.data[255], batch.data[511]]).toEqual([1, 1]);
    expect(() => imageTensor([allBytes, colour], { shape: [1, -1, -1] })).toThrow(
      'imageTensor image 1: shape [1, 2, 2], image 0 has [1, 16, 16]; a batch has one size.',
    );
    expect(() => imageTensor([], { shape: [1, 2, 2] })).toThrow('no images');
  });

  describe('another size', () => {
    // Four columns of two pixels: 0, 10, 20, 30 above 100, 110, 120, 130.
    const wide: Picture = {
      width: 4,
      height: 2,
      channels: 1,
      data: Uint8Array.of(0, 10, 20, 30, 100, 110, 120, 130),
    };
    const scaled = (fit: 'fill' | 'cover' | 'contain', shape: number[], background = 0) => [
      ...toPicture(imageTensor(wide, { shape, fit, background })).data,
    ];

    it('is refused by default, naming both', () => {
      expect(() => imageTensor(wide, { shape: [1, 28, 32] }, 'encode')).toThrow(
        'encode: the image has 4 x 2 pixels, the model takes 32 x 28; scale the image, or choose fit:',
      );
    });

    it('is scaled on both sides by fill', () => {
      expect(scaled('fill', [1, 2, 2])).toEqual([5, 25, 105, 125]);
      expect(scaled('fill', [1, 1, 4])).toEqual([50, 60, 70, 80]);
    });

    it('is cut in the middle by cover', () => {
      expect(scaled('cover', [1, 2, 2])).toEqual([10, 20, 110, 120]);
      expect(scaled('cover', [1, 1, 4])).toEqual([0, 10, 20, 30]);
      expect(scaled('cover', [1, 1, 1])).toEqual([65]);
    });

    it('is put on the background by contain', () => {
      expect(scaled('contain', [1, 4, 4], 9)).toEqual([
        9, 9, 9, 9, 0, 10, 20, 30, 100, 110, 120, 130, 9, 9, 9, 9,
      ]);
      expect(scaled('contain', [1, 2, 2], 255)).toEqual([55, 75, 255, 255]);
    });

    it('becomes a square for a model that takes one row', () => {
      const options = { layout: 'flat', fit: 'fill' } as const;
      expect(imageTensor(wide, { ...options, shape: [8] }).data).toEqual(toTensor(wide).data);
      expect(imageTensor(wide, { ...options, shape: [4] }).data).toEqual(
        Float32Array.of(5 / 255, 25 / 255, 105 / 255, 125 / 255),
      );
      expect(() => imageTensor(wide, { ...options, shape: [6] })).toThrow('the model takes 6 in one row');
    });
  });

  it.each<[Partial<ImageTensorOptions>, string, string]>([
    [{ shape: [7] }, 'bad-input', 'the model takes shape [7], images need [C, H, W]'],
    [{ shape: [4, 16, 16] }, 'bad-input', 'the model takes 4 channels, images have 1 or 3'],
    [{ shape: [1, 0, 16] }, 'bad-input', 'the model takes shape [1,0,16]'],
    [{ layout: 'nhwc' as 'hwc' }, 'bad-option', "layout is 'nhwc'"],
    [{ range: [1, 0] }, 'bad-option', 'range is [1,0]'],
    [
      { fit: 'stretch' as 'fill' },
      'bad-option',
      "fit is 'stretch', expected one of 'exact', 'fill', 'cover', 'contain'",
    ],
    [{ background: -1 }, 'bad-option', 'background is -1'],
  ])('refuses %j', (options, code, message) => {
    expect(() => imageTensor(allBytes, { shape: [1, 16, 16], ...options })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
