import { blank, type Picture } from '../media/picture.js';

/** Brings a picture into a size, its sides scaled independently. */
export type Scale = (picture: Picture, width: number, height: number) => Picture;

/** Scales a picture until it covers a size, after cutting off what would be over, evenly on both sides. */
export function cover(picture: Picture, width: number, height: number, scale: Scale): Picture {
  const innerWidth = Math.min(picture.width, side(picture.height, width, height));
  const innerHeight = Math.min(picture.height, side(picture.width, height, width));
  return scale(middle(picture, innerWidth, innerHeight), width, height);
}

/** The side that belongs to another one in the proportion a : b, at least 1. */
export function side(other: number, a: number, b: number): number {
  return Math.max(1, Math.round((other * a) / b));
}

/** The part of a size in the middle of a picture; odd pixels stay on the right and at the bottom. */
export function middle(picture: Picture, innerWidth: number, innerHeight: number): Picture {
  const { width, channels, height, data } = picture;
  if (innerWidth === width && innerHeight === height) return picture;
  const part = blank(innerWidth, innerHeight, channels);
  const [left, top] = [Math.floor((width - innerWidth) / 2), Math.floor((height - innerHeight) / 2)];
  const length = innerWidth * channels;
  for (let y = 0; y < innerHeight; y++) {
    const from = ((top + y) * width + left) * channels;
    part.data.set(data.subarray(from, from + length), y * length);
  }
  return part;
}
