import * as module from 'gifenc';
import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { assertList } from './arguments.js';
import { assertPicture, type Picture, toColour } from './picture.js';

interface Encoder {
  writeFrame(
    index: Uint8Array,
    width: number,
    height: number,
    options: { palette?: number[][]; delay?: number; repeat?: number },
  ): void;
  finish(): void;
  bytes(): Uint8Array;
}

interface Gifenc {
  GIFEncoder(): Encoder;
  quantize(rgba: Uint8Array, colours: number, options: { format: 'rgb565' | 'rgb444' }): number[][];
  applyPalette(rgba: Uint8Array, palette: number[][]): Uint8Array;
}

// The package is CommonJS for Node (everything hangs on `default`) and a module for bundlers.
const gifenc = ('GIFEncoder' in module
  ? module
  : (module as { default: unknown }).default) as unknown as Gifenc;

const greys = Array.from({ length: 256 }, (_, i) => [i, i, i]);

/**
 * Pictures of one size as an endless animation. Grey pictures keep their exact values; colour pictures keep them
 * up to 256 colours per frame and are quantised beyond.
 *
 * @param options.delayMs time per frame, 20 to 655350 ms, in steps of 10; viewers show less than 20 as 100
 * @throws VaeError "bad-input" without frames or for frames of different sizes, "bad-option" for the delay
 * @example await writeFile('walk.gif', encodeGif(frames, { delayMs: 80 }))
 */
export function encodeGif(frames: readonly Picture[], options?: { delayMs?: number }): Uint8Array {
  const { delayMs = 100 } = optionsOf(options, 'encodeGif');
  assertList(frames, 'encodeGif');
  const first = frames[0];
  if (!first) throw new VaeError('bad-input', 'encodeGif: no frames; give one or more pictures.');
  if (!(delayMs >= 20 && delayMs <= 655_350)) {
    throw new VaeError('bad-option', `encodeGif: delayMs is ${delayMs}, expected 20 to 655350.`);
  }
  if (first.width > 65_535 || first.height > 65_535) {
    throw new VaeError(
      'bad-input',
      `encodeGif: ${first.width} x ${first.height} pixels; a GIF holds 65535 a side.`,
    );
  }
  for (const [i, frame] of frames.entries()) assertPicture(frame, `encodeGif frame ${i}`);
  const grey = frames.every((frame) => frame.channels === 1);
  const encoder = gifenc.GIFEncoder();
  for (const [i, frame] of frames.entries()) {
    const { width, height } = frame;
    if (width !== first.width || height !== first.height) {
      throw new VaeError(
        'bad-input',
        `encodeGif: frame ${i} is ${width} x ${height}, the first is ${first.width} x ${first.height}.`,
      );
    }
    const { index, palette } = grey ? { index: frame.data, palette: greys } : indexed(toColour(frame));
    encoder.writeFrame(index, width, height, {
      palette: grey && i > 0 ? undefined : palette,
      delay: delayMs,
      repeat: 0,
    });
  }
  encoder.finish();
  return encoder.bytes();
}

/** Palette and indices of a colour picture: exact up to 256 colours. */
function indexed({ data }: Picture): { index: Uint8Array; palette: number[][] } {
  const pixels = data.length / 3;
  const known = new Map<number, number>();
  const palette: number[][] = [];
  const index = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const colour = (data[3 * i]! << 16) | (data[3 * i + 1]! << 8) | data[3 * i + 2]!;
    let place = known.get(colour);
    if (place === undefined) {
      if (palette.length === 256) return quantised(data);
      place = palette.push([data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!]) - 1;
      known.set(colour, place);
    }
    index[i] = place;
  }
  return { index, palette };
}

function quantised(data: Uint8Array): { index: Uint8Array; palette: number[][] } {
  const rgba = new Uint8Array((data.length / 3) * 4).fill(255);
  for (let i = 0; i < data.length / 3; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  // The time grows with the square of the bins: 4096 take a tenth of a second where 65536 take many, for 0.1 dB.
  const palette = gifenc.quantize(rgba, 256, { format: 'rgb444' });
  return { index: gifenc.applyPalette(rgba, palette), palette };
}
