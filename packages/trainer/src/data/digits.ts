import { fillUniform, type NoiseKey, uniform } from '@vae/sdk/random';
import { TrainerError } from '../errors.js';
import { checkRead, type DataSource, type Dataset, grey, type Split } from './dataset.js';
import { createTrace, DRAWS, write } from './digits/pen.js';
import { drawTrace } from './digits/raster.js';
import { parseArgument } from './spec.js';

const TRAIN_IMAGES = 60_000;
const TEST_IMAGES = 10_000;
const CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * Handwritten-looking digits, drawn when they are asked for: no download, no file, and labels for free.
 *
 * 60,000 training and 10,000 test images, white on black at 28×28 unless the argument says otherwise. Image i is a function
 * of (seed, part, i) alone, whatever was read before it; digit i % 10, so every run of ten holds each digit once. Grey
 * values are whole multiples of 1/255, as if read from a picture file.
 */
export const digits: DataSource = {
  summary: 'digits drawn procedurally, no download',
  usage: 'digits[:HxWxC], C 1 (white on black) or 3 (coloured), H and W 16 to 256; digits is digits:28x28x1',
  shape: parseShape,
  async open(argument, { seed }): Promise<Dataset> {
    const [channels, height, width] = parseShape(argument);
    return {
      name: argument === undefined ? 'digits' : `digits:${argument}`,
      kind: 'image',
      shape: [channels, height, width],
      classes: CLASSES,
      train: drawnSplit('digits/train', TRAIN_IMAGES, seed, channels, height, width),
      test: drawnSplit('digits/test', TEST_IMAGES, seed, channels, height, width),
      source: `drawn procedurally by @vae/trainer with seed ${seed}; not scanned handwriting`,
    };
  },
};

/** `64x48x3` is height 64, width 48, three colours. */
function parseShape(argument: string | undefined): [channels: number, height: number, width: number] {
  const { path: text = '28x28x1' } = parseArgument('digits', argument, {});
  const match = /^(\d{1,6})x(\d{1,6})x(\d{1,6})$/.exec(text);
  const [height, width, channels] = match ? match.slice(1).map(Number) : [];
  const fine = [height, width].every((side) => side !== undefined && side >= 16 && side <= 256);
  if (!fine || (channels !== 1 && channels !== 3)) {
    throw new TrainerError(
      'bad-option',
      `digits:${text}: expected HEIGHTxWIDTHxCHANNELS with sides of 16 to 256 and 1 or 3 channels, such as digits:64x64x3.`,
    );
  }
  return [channels, height!, width!];
}

function drawnSplit(
  stream: string,
  size: number,
  seed: number,
  channels: number,
  height: number,
  width: number,
): Split {
  const pixels = height * width;
  const trace = createTrace();
  const draws = new Float32Array(DRAWS);
  const shades = new Float32Array(3 * 256);
  const inkOf = keepDrawn(size, pixels, (index, ink) => {
    fillUniform(draws, { seed, stream, index });
    write(index % 10, draws, Math.min(height, width), trace);
    drawTrace(trace, width, height, ink);
  });
  return {
    size,
    label: (index) => index % 10,
    read(indices, out) {
      checkRead(stream, indices, size, channels * pixels, out);
      for (let i = 0; i < indices.length; i++) {
        const ink = inkOf(indices[i]);
        if (channels === 3) mixShades({ seed, stream: `${stream}/colour`, index: indices[i] }, shades);
        for (let c = 0; c < channels; c++) {
          const at = (i * channels + c) * pixels;
          const values = channels === 3 ? shades.subarray(256 * c, 256 * (c + 1)) : grey;
          for (let p = 0; p < pixels; p++) out[at + p] = values[ink[p]];
        }
      }
    },
  };
}

/** Drawn images are kept where all of a part take no more than this. */
const MAX_KEPT_BYTES = 2 ** 26;

/**
 * Draws each image at its first use only, where memory allows: 47 MB, taken bit by bit, for 60,000 images of 28×28.
 * Reading a kept image is about ten times as fast as drawing it.
 */
function keepDrawn(
  count: number,
  pixels: number,
  draw: (index: number, ink: Uint8Array) => void,
): (index: number) => Uint8Array {
  if (count * pixels > MAX_KEPT_BYTES) {
    const ink = new Uint8Array(pixels);
    return (index) => {
      draw(index, ink);
      return ink;
    };
  }
  const drawn = new Uint8Array(count);
  let kept: Uint8Array | undefined;
  return (index) => {
    kept ??= new Uint8Array(count * pixels);
    const ink = kept.subarray(index * pixels, (index + 1) * pixels);
    if (drawn[index] === 0) draw(index, ink);
    drawn[index] = 1;
    return ink;
  };
}

/** For each channel the 256 values from a random background to a random ink, one of them dark and the other light. */
function mixShades(key: NoiseKey, shades: Float32Array): void {
  const [which, howDark, howLight, ...colours] = uniform(key, 9);
  const dark = tint(colours.slice(0, 3), 0.08 + 0.24 * howDark!);
  const light = tint(colours.slice(3), 0.62 + 0.33 * howLight!);
  const [back, front] = which! < 0.5 ? [dark, light] : [light, dark];
  for (let c = 0; c < 3; c++) {
    for (let cover = 0; cover < 256; cover++) {
      const value = back[c] + ((front[c] - back[c]) * cover) / 255;
      shades[256 * c + cover] = grey[Math.floor(255 * value + 0.5)];
    }
  }
}

/** A colour moved towards black or white until its brightness (0.3 R + 0.59 G + 0.11 B) is the one asked for. */
function tint(colour: readonly number[], brightness: number): number[] {
  const now = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2];
  return colour.map((value) =>
    now < brightness ? value + ((1 - value) * (brightness - now)) / (1 - now) : (value * brightness) / now,
  );
}
