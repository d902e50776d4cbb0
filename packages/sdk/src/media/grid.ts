import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import type { Tensor } from '../tensor.js';
import { assertList } from './arguments.js';
import { cellWidth, drawText, lineHeight, plainText, wrap } from './font.js';
import {
  assertPicture,
  blank,
  maximumPixels,
  type Picture,
  paste,
  type ToPictureOptions,
  toColour,
  toPictures,
} from './picture.js';
import { resize } from './resize.js';

/** A captioned picture is made at least as wide as this, or as its caption if that is shorter. */
const leastCaptionWidth = 120;

export interface GridOptions extends ToPictureOptions {
  /** Images side by side; the smallest square that holds all of them when left out. */
  readonly columns?: number;
  /** Pixels in a row and column for each one of an image, a whole number; 1 when left out. */
  readonly scale?: number;
  /** White pixels between images; 2 when left out. */
  readonly gap?: number;
  /** Text above the images, wrapped to their width. Characters outside ASCII become boxes. */
  readonly caption?: string;
}

/**
 * Images side by side on white, row by row, with thin gaps and an optional caption above.
 *
 * @param images [N, C, H, W] with C 1 or 3, in [0, 1], or as `layout` and `range` say; values outside are clamped,
 * none are stretched
 * @throws VaeError "bad-input" for another shape, no images or a NaN, "bad-option" for columns or gap
 * @example encodePng(grid(await vae.sample(16, { seed: 1 }), { columns: 4, caption: 'prior samples, seed 1' }))
 */
export function grid(images: Tensor, options?: GridOptions): Picture {
  const { columns, gap = 2, scale = 1, caption, ...format } = optionsOf(options, 'grid');
  const pictures = toPictures(images, format, 'grid');
  const { width, height, channels } = pictures[0]!;
  const across = Math.min(columns ?? Math.ceil(Math.sqrt(pictures.length)), pictures.length);
  assertWhole(columns ?? 1, 1, 'columns');
  assertWhole(gap, 0, 'gap');
  assertWhole(scale, 1, 'scale');
  const down = Math.ceil(pictures.length / across);
  const [stepX, stepY] = [width * scale + gap, height * scale + gap];
  const total = [across * stepX - gap, down * stepY - gap] as const;
  if (total[0] * total[1] > maximumPixels) {
    throw new VaeError(
      'bad-input',
      `grid: ${pictures.length} images make ${total[0]} x ${total[1]} pixels, over 2^28.`,
    );
  }
  const whole = blank(total[0], total[1], channels);
  for (const [i, picture] of pictures.entries()) {
    const large = resize(picture, width * scale, height * scale, 'nearest');
    paste(whole, large, (i % across) * stepX, Math.floor(i / across) * stepY);
  }
  return caption ? captioned(whole, caption) : whole;
}

/**
 * Pictures in one picture, below or beside each other, on white. Grey and colour may be mixed.
 *
 * @param direction 'vertical' (below each other) or 'horizontal'
 * @param gap white pixels between two pictures
 * @throws VaeError "bad-input" without pictures, "bad-option" for the direction or gap
 * @example stack([grid(inputs, { caption: 'inputs' }), grid(outputs, { caption: 'reconstructions' })])
 */
export function stack(
  pictures: readonly Picture[],
  direction: 'vertical' | 'horizontal' = 'vertical',
  gap = 8,
): Picture {
  assertList(pictures, 'stack');
  if (pictures.length === 0) throw new VaeError('bad-input', 'stack: no pictures; give one or more.');
  if (direction !== 'vertical' && direction !== 'horizontal') {
    throw new VaeError(
      'bad-option',
      `stack: direction is '${direction}', expected 'vertical' or 'horizontal'.`,
    );
  }
  assertWhole(gap, 0, 'gap');
  for (const [i, picture] of pictures.entries()) assertPicture(picture, `stack picture ${i}`);
  const colour = pictures.some((picture) => picture.channels === 3);
  const vertical = direction === 'vertical';
  const widths = pictures.map((picture) => picture.width);
  const heights = pictures.map((picture) => picture.height);
  const sum = (lengths: number[]) => lengths.reduce((total, length) => total + length + gap, -gap);
  const width = vertical ? Math.max(...widths) : sum(widths);
  const height = vertical ? sum(heights) : Math.max(...heights);
  const whole = blank(width, height, colour ? 3 : 1);
  let at = 0;
  for (const picture of pictures) {
    paste(whole, colour ? toColour(picture) : picture, vertical ? 0 : at, vertical ? at : 0);
    at += (vertical ? picture.height : picture.width) + gap;
  }
  return whole;
}

function captioned(picture: Picture, caption: string): Picture {
  const text = plainText(caption);
  const width = Math.max(picture.width, Math.min(leastCaptionWidth, (text.length + 1) * cellWidth));
  const scale = Math.max(1, Math.floor(width / 320));
  const lines = wrap(text, Math.max(1, Math.floor(width / (cellWidth * scale)) - 1));
  const top = (lines.length * lineHeight + 4) * scale;
  const whole = blank(width, top + picture.height, picture.channels);
  for (const [i, line] of lines.entries()) {
    drawText(whole, line, 2 * scale, (i * lineHeight + 3) * scale, scale);
  }
  paste(whole, picture, 0, top);
  return whole;
}

function assertWhole(value: number, least: number, name: string): void {
  if (!Number.isInteger(value) || value < least || value > 65_536) {
    throw new VaeError(
      'bad-option',
      `grid: ${name} is ${shown(value)}, expected a whole number from ${least} to 65536.`,
    );
  }
}
