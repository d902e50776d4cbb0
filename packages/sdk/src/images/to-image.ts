import { VaeError } from '../errors.js';
import { assertPicture, type Picture, type ToPictureOptions, toPicture } from '../media/picture.js';
import { type ResizeMethod, resize } from '../media/resize.js';
import { type RgbaImage, toRgba } from '../media/rgba.js';
import { optionsOf } from '../options.js';
import type { Tensor } from '../tensor.js';
import type { CanvasLike } from './types.js';

/** `Uint8ClampedArray<ArrayBuffer>`, which TypeScript before 5.7 cannot say. */
type Bytes = ReturnType<Uint8ClampedArrayConstructor['of']>;

/** The platform's own `ImageData` where it has one, else an object with the same three fields. */
export type PixelData = typeof globalThis extends { ImageData: { prototype: infer Own } }
  ? Own
  : { readonly width: number; readonly height: number; readonly data: Bytes };

export interface DrawOptions extends ToPictureOptions {
  /** Canvas pixels in a row and column for each one of the image, 1 when left out; 'canvas' keeps the canvas's size. */
  readonly scale?: number | 'canvas';
  /** Blend pixels where the image is scaled, instead of showing each as a rectangle. */
  readonly smooth?: boolean;
}

/**
 * One image for a canvas: byte = round(255 (x - low) / (high - low)), clamped to the range and never stretched. Grey
 * becomes three equal colours; alpha is 255.
 *
 * @param image [C, H, W] with C 1 or 3 or a batch of one, or as `layout` says; or a picture, such as a `grid`
 * @returns RGBA, an `ImageData` where there is that class
 * @throws VaeError "bad-input" for another shape or a NaN, "bad-option"
 * @example context.putImageData(toImageData(await vae.decode(z)), 0, 0)
 */
export function toImageData(image: Tensor | Picture, options?: ToPictureOptions): PixelData {
  const picture = asPicture(image, options);
  const { width, height } = picture;
  const { ImageData } = globalThis as {
    ImageData?: new (data: unknown, width: number, height: number) => RgbaImage;
  };
  const data = toRgba(picture);
  return (ImageData ? new ImageData(data, width, height) : { width, height, data }) as PixelData;
}

/**
 * Draws one image on a canvas. The canvas takes the image's size, times `scale`; with `scale: 'canvas'` the image is
 * scaled to the canvas. Pixels are shown as rectangles unless `smooth` is set.
 *
 * @param canvas an HTMLCanvasElement or OffscreenCanvas, or a canvas of a package in Node
 * @param image as for `toImageData`
 * @throws VaeError "bad-input" for a canvas without a 2D context, as `toImageData`; "bad-option"
 * @example drawTensor(document.querySelector('canvas'), await vae.decode(z), { scale: 8 })
 */
export function drawTensor(canvas: CanvasLike, image: Tensor | Picture, options?: DrawOptions): void {
  const { scale = 1, smooth = false, ...format } = optionsOf(options, 'drawTensor');
  const picture = asPicture(image, format);
  const [width, height] = scale === 'canvas' ? [canvas.width, canvas.height] : scaled(picture, scale);
  const method: ResizeMethod = smooth ? 'smooth' : 'nearest';
  const drawn = resize(picture, width, height, method);
  const context = canvas.getContext('2d');
  if (!context) {
    throw new VaeError(
      'bad-input',
      'drawTensor: the canvas has no 2D context; it is already used for another kind.',
    );
  }
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pixels = context.createImageData(width, height);
  pixels.data.set(toRgba(drawn));
  context.putImageData(pixels, 0, 0);
}

/**
 * One image as a PNG file, lossless; for `URL.createObjectURL`, a download or a form.
 *
 * @param image as for `toImageData`
 * @throws VaeError as `toImageData`
 * @example img.src = URL.createObjectURL(await toBlob(await vae.decode(z)))
 */
export async function toBlob(image: Tensor | Picture, options?: ToPictureOptions): Promise<Blob> {
  const { encodePng } = await import('../media/png.js');
  const bytes = encodePng(asPicture(image, options));
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/png' });
}

function asPicture(image: Tensor | Picture, options?: ToPictureOptions): Picture {
  if ('shape' in image) return toPicture(image, options);
  assertPicture(image, 'picture');
  return image;
}

function scaled({ width, height }: Picture, scale: number): [number, number] {
  if (Number.isInteger(scale) && scale >= 1) return [width * scale, height * scale];
  throw new VaeError(
    'bad-option',
    `drawTensor: scale is ${scale}, expected a whole number >= 1 or 'canvas'.`,
  );
}
