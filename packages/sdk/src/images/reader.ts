import type { Picture } from '../media/picture.js';

/** How images come in; differs between Node and browsers. */
export interface ImageReader {
  /** True for what `readImage` can read here: never for a tensor or a plain array of numbers. */
  isImage(value: unknown): boolean;
  /** The pixels, 8 bits per channel. */
  readImage(value: unknown, where: string): Promise<Picture>;
}
