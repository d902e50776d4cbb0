import { afterEach, describe, expect, it } from 'vitest';
import { decodePng, type Picture } from '../media/index.js';
import { drawTensor, toBlob, toImageData } from './to-image.js';

const floats = (...values: number[]) => Float32Array.from(values);
/** Grey pixels 0 and 51 side by side. */
const two = { data: floats(0, 0.2), shape: [1, 1, 2] };

const browser = globalThis as { ImageData?: unknown };
afterEach(() => {
  delete browser.ImageData;
});

describe('toImageData', () => {
  it('gives opaque RGBA', () => {
    const expected = Uint8ClampedArray.of(0, 0, 0, 255, 51, 51, 51, 255);
    expect(toImageData(two)).toEqual({ width: 2, height: 1, data: expected });
    expect(toImageData({ ...two, shape: [1, 1, 1, 2] }).data).toEqual(expected);
    const colour = { data: floats(-1, 0.2, 1), shape: [1, 1, 3] };
    const shown = toImageData(colour, { layout: 'hwc', range: [-1, 1] });
    expect(shown).toEqual({ width: 1, height: 1, data: Uint8ClampedArray.of(0, 153, 255, 255) });
  });

  it('takes pictures, such as grids', () => {
    const picture: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
    expect([...toImageData(picture).data]).toEqual([1, 2, 3, 255]);
    expect(() => toImageData({ ...picture, width: 2 })).toThrow('2 x 1 pixels with 3 channels');
  });

  it("gives the platform's own class where there is one", () => {
    class ImageData {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    }
    browser.ImageData = ImageData;
    expect(toImageData(two)).toBeInstanceOf(ImageData);
  });

  it('refuses a batch of several and what is no number', () => {
    expect(() => toImageData({ data: new Float32Array(2), shape: [2, 1, 1, 1] })).toThrow('got [2, 1, 1, 1]');
    expect(() => toImageData({ data: floats(Number.NaN), shape: [1, 1, 1] })).toThrow('element 0 is NaN');
  });
});

describe('drawTensor', () => {
  /** A canvas that keeps what is put on it. */
  function fakeCanvas(width: number, height: number) {
    let pixels: number[] = [];
    return {
      width,
      height,
      /** Grey levels, row by row. */
      levels: () => pixels.filter((_, i) => i % 4 === 0),
      getContext: () => ({
        createImageData: (w: number, h: number) => ({ data: new Uint8ClampedArray(4 * w * h) }),
        putImageData: ({ data }: { data: Uint8ClampedArray }) => {
          pixels = [...data];
        },
      }),
    };
  }

  it('gives the canvas the size of the image, or a multiple of it', () => {
    const canvas = fakeCanvas(300, 150);
    drawTensor(canvas, two);
    expect(canvas).toMatchObject({ width: 2, height: 1 });
    expect(canvas.levels()).toEqual([0, 51]);
    drawTensor(canvas, two, { scale: 2 });
    expect(canvas).toMatchObject({ width: 4, height: 2 });
    expect(canvas.levels()).toEqual([0, 0, 51, 51, 0, 0, 51, 51]);
  });

  it("scales the image to the canvas's own size, sharp or smooth", () => {
    const canvas = fakeCanvas(4, 1);
    drawTensor(canvas, two, { scale: 'canvas' });
    expect(canvas.levels()).toEqual([0, 0, 51, 51]);
    drawTensor(
      canvas,
      { data: floats(0, 1), shape: [1, 1, 2] },
      { scale: 'canvas', smooth: true, range: [0, 2.55] },
    );
    // 0 and 100 at a quarter and three quarters of the way
    expect(canvas.levels()).toEqual([0, 25, 75, 100]);
    expect(canvas).toMatchObject({ width: 4, height: 1 });
  });

  it('refuses other scales and a canvas of another kind', () => {
    expect(() => drawTensor(fakeCanvas(1, 1), two, { scale: 1.5 })).toThrow('scale is 1.5');
    const webgl = { width: 1, height: 1, getContext: () => null };
    expect(() => drawTensor(webgl, two)).toThrow('the canvas has no 2D context');
    expect(webgl).toMatchObject({ width: 1, height: 1 });
  });
});

describe('toBlob', () => {
  it('gives a PNG', async () => {
    const blob = await toBlob(two);
    expect(blob.type).toBe('image/png');
    const picture = decodePng(new Uint8Array(await blob.arrayBuffer()));
    expect(picture).toEqual({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 51) });
  });
});
