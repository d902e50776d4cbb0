import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { rows, show, type Tensor } from '../tensor.js';
import { cellWidth, drawText, lineHeight, plainText, wrap } from './font.js';
import { assertPicture, blank, maximumPixels, type Picture, paste, toColour, toPicture } from './picture.js';

/** A captioned picture is made at least as wide as this, or as its caption if that is shorter. */
const leastCaptionWidth = 120;

export interface GridOptions {
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
 * @param images [N, C, H, W] with C 1 or 3, in [0, 1]; values outside are clamped, none are stretched
 * @throws VaeError "bad-input" for another shape, no images or a NaN, "bad-option" for columns or gap
 * @example encodePng(grid(await vae.sample(16, { seed: 1 }), { columns: 4, caption: 'prior samples, seed 1' }))
 */
export function grid(images: Tensor, options?: GridOptions): Picture {
  const [count, channels] = images.shape;
  if (images.shape.length !== 4 || images.shape.includes(0) || !count || (channels !== 1 && channels !== 3)) {
    throw new VaeError('bad-input', `grid: expected shape [N, 1 or 3, H, W], got ${show(images.shape)}.`);
  }
  const { columns = Math.ceil(Math.sqrt(count)), gap = 2, scale = 1, caption } = optionsOf(options, 'grid');
  assertWhole(columns, 1, 'columns');
  assertWhole(gap, 0, 'gap');
  assertWhole(scale, 1, 'scale');
  const [height, width] = images.shape.slice(2).map((length) => length * scale) as [number, number];
  const across = Math.min(columns, count);
  const down = Math.ceil(count / across);
  const total = [across * (width + gap) - gap, down * (height + gap) - gap] as const;
  if (total[0] * total[1] > maximumPixels) {
    throw new VaeError(
      'bad-input',
      `grid: ${count} images make ${total[0]} x ${total[1]} pixels, over 2^28.`,
    );
  }
  const picture = blank(total[0], total[1], channels);
  for (let i = 0; i < count; i++) {
    const image = rows(images, i, i + 1);
    const x = (i % across) * (width + gap);
    paste(
      picture,
      enlarge(toPicture({ data: image.data, shape: images.shape.slice(1) }), scale),
      x,
      Math.floor(i / across) * (height + gap),
    );
  }
  return caption ? captioned(picture, caption) : picture;
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

/** Every pixel repeated, so that nothing is blurred. */
function enlarge(picture: Picture, scale: number): Picture {
  if (scale === 1) return picture;
  const { channels, width, height, data } = picture;
  const large = blank(width * scale, height * scale, channels);
  for (let y = 0; y < large.height; y++)
    for (let x = 0; x < large.width; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      large.data.set(data.subarray(from, from + channels), (y * large.width + x) * channels);
    }
  return large;
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
      `grid: ${name} is ${value}, expected a whole number from ${least} to 65536.`,
    );
  }
}
