import type { Picture } from '../media/picture.js';
import type { RgbaImage } from '../media/rgba.js';

/** A canvas: HTMLCanvasElement, OffscreenCanvas, or one of a package such as `canvas` in Node. */
export interface CanvasLike {
  width: number;
  height: number;
  // biome-ignore lint/suspicious/noExplicitAny: the kinds of context differ between the canvases this has to take
  getContext(kind: '2d', ...rest: any[]): any;
}

/** What only a browser can draw: ImageBitmap, HTMLImageElement, HTMLVideoElement (its current frame), VideoFrame. */
export type Drawable =
  | { readonly width: number; readonly height: number; close(): void }
  | { readonly naturalWidth: number; readonly naturalHeight: number }
  | { readonly videoWidth: number; readonly videoHeight: number }
  | { readonly displayWidth: number; readonly displayHeight: number; close(): void };

/**
 * What is taken where an image is: in Node and browsers the bytes of a PNG or JPEG file, a Blob of one, an `ImageData`,
 * a canvas or a picture; in Node also paths and file: URLs; in browsers also what they can draw, and Blobs of every
 * kind they can decode.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | RgbaImage
  | Picture
  | CanvasLike
  | Drawable;
