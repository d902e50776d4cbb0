import type { Picture } from '../media/picture.js';

export interface ReadImageOptions {
  /** Grey level behind transparent pixels, 0 (black, default) to 255 (white). */
  readonly background?: number;
}

/** How images come in; differs between Node and browsers. */
export interface ImageReader {
  /** True for what `readImage` can read here: never for a tensor or a plain array of numbers. */
  isImage(value: unknown): boolean;
  /**
   * The pixels, 8 bits per channel.
   *
   * @throws VaeError "bad-input" for what is no image here or holds no pixels yet, "bad-file" for one that cannot be
   * decoded, "not-found" for a path without a file
   */
  readImage(value: unknown, where: string, options?: ReadImageOptions): Promise<Picture>;
}
