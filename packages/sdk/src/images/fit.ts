import { VaeError } from '../errors.js';
import { blank, type Picture, paste } from '../media/picture.js';
import { resize } from '../media/resize.js';
import { cover, side } from './crop.js';

/**
 * What to do with an image of another size than the model's:
 *
 * - `exact`: refuse it
 * - `fill`: scale both sides independently
 * - `cover`: scale it until it covers the size, and cut off what is over, evenly on both sides
 * - `contain`: scale it until it lies inside, in the middle of the background
 */
export type Fit = 'exact' | 'fill' | 'cover' | 'contain';

export interface FitOptions {
  readonly fit: Fit;
  /** Grey level of the borders that 'contain' leaves. */
  readonly background: number;
  /** What errors call the image. */
  readonly where: string;
}

type Fitting = (picture: Picture, width: number, height: number, background: number) => Picture;

const fittings: Readonly<Record<Exclude<Fit, 'exact'>, Fitting>> = {
  fill: (picture, width, height) => resize(picture, width, height),

  cover: (picture, width, height) => cover(picture, width, height, resize),

  contain(picture, width, height, background) {
    const innerWidth = Math.min(width, side(height, picture.width, picture.height));
    const innerHeight = Math.min(height, side(width, picture.height, picture.width));
    const onto = blank(width, height, picture.channels, background);
    const inner = resize(picture, innerWidth, innerHeight);
    paste(onto, inner, Math.floor((width - innerWidth) / 2), Math.floor((height - innerHeight) / 2));
    return onto;
  },
};

/**
 * A picture in a model's size.
 *
 * @throws VaeError "bad-input" naming both sizes when they differ and `fit` is 'exact', "bad-option" for another `fit`
 */
export function fitPicture(picture: Picture, width: number, height: number, options: FitOptions): Picture {
  const { fit, background, where } = options;
  if (fit !== 'exact' && !Object.hasOwn(fittings, fit)) {
    const known = ['exact', ...Object.keys(fittings)].map((name) => `'${name}'`).join(', ');
    throw new VaeError('bad-option', `${where}: fit is '${String(fit)}', expected one of ${known}.`);
  }
  if (picture.width === width && picture.height === height) return picture;
  if (fit !== 'exact') return fittings[fit](picture, width, height, background);
  throw new VaeError(
    'bad-input',
    `${where}: the image has ${picture.width} x ${picture.height} pixels, the model takes ${width} x ${height}; ` +
      "scale the image, or choose fit: 'cover', 'contain' or 'fill'.",
  );
}
