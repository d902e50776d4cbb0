import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import { type ArrayInput, show, type Tensor, toFloatTensor, zeros } from '../tensor.js';
import { type TileSpan, tileAxis } from './axis.js';

export interface TileOptions {
  /** Height and width of a tile in elements of the input: one number, or [height, width]. */
  readonly tile: number | readonly [number, number];
  /** Share of a tile that it has in common with the next one, 0 to 0.5; 0.25 when left out. */
  readonly overlap?: number;
  /** Output elements for each input element along height and width: f, or 1/f, for a whole number f; 1 when left out. */
  readonly scale?: number;
  /** Tiles for each run, whole number >= 1; 1 when left out. */
  readonly batch?: number;
  /** Checked before each run. */
  readonly signal?: AbortSignal;
}

/** One tile of one item. */
interface Tile {
  readonly item: number;
  readonly y: TileSpan;
  readonly x: TileSpan;
}

interface Scale {
  readonly up: number;
  readonly down: number;
}

/**
 * Runs a model with spatial latents on arrays larger than it could take at once: cuts them into overlapping tiles of one
 * size, runs those, and blends the results linearly where tiles overlap. The last tile of a row or column is moved
 * inward, so that all have the same size; an array smaller than a tile is one tile of its own size.
 *
 * The result is that of the whole array where an output depends on its tile only. A network whose reach goes beyond the
 * overlap, or that normalises or attends over the whole image, gives something close to it.
 *
 * @param input [N, C, H, W], or one item [C, H, W]; with a scale of 1/f, H and W are multiples of f
 * @param run gives named arrays [B, any, h * scale, w * scale] for tiles [B, C, h, w]; all runs the same names
 * @returns the same names, [N, any, H * scale, W * scale]
 * @throws VaeError "bad-input" for another shape, "bad-option" for a tile, overlap or scale outside its limits, and for
 * results that have not the size that the scale says; the signal's reason; whatever `run` throws
 * @example
 * const { mean, logvar } = await tiled(image, { tile: 512, scale: 1 / 8 }, (tiles) => vae.encode(tiles));
 * const { x } = await tiled(mean, { tile: 64, scale: 8 }, async (tiles) => ({ x: await vae.decode(tiles) }));
 */
export async function tiled<Outputs extends { readonly [Name in keyof Outputs]: Tensor }>(
  input: ArrayInput,
  options: TileOptions,
  run: (tiles: Tensor) => Promise<Outputs>,
): Promise<{ [Name in keyof Outputs]: Tensor }> {
  const {
    tile,
    overlap = 0.25,
    scale = 1,
    batch = 1,
    signal,
  } = optionsOf(options, 'tiled', ['tile', 'overlap', 'scale', 'batch', 'signal']);
  const whole = imageBatch(input);
  const ratio = ratioOf(scale);
  if (!(typeof overlap === 'number' && overlap >= 0 && overlap <= 0.5)) {
    throw new VaeError('bad-option', `tiled: overlap is ${shown(overlap)}, expected a number from 0 to 0.5.`);
  }
  if (!Number.isInteger(batch) || batch < 1) {
    throw new VaeError('bad-option', `tiled: batch is ${shown(batch)}, expected a whole number >= 1.`);
  }
  const [height, width] = Array.isArray(tile) ? (tile as [number, number]) : [tile as number, tile as number];
  const ys = spansOf(whole.shape[2]!, height, { overlap, ratio, side: 'height' });
  const xs = spansOf(whole.shape[3]!, width, { overlap, ratio, side: 'width' });
  const items = Array.from({ length: whole.shape[0]! }, (_, item) => item);
  const tiles = items.flatMap((item) => ys.flatMap((y) => xs.map((x) => ({ item, y, x }))));
  const results: Record<string, Tensor> = {};
  for (let from = 0; from < tiles.length; from += batch) {
    signal?.throwIfAborted();
    const some = tiles.slice(from, from + batch);
    const outputs = await run(cut(whole, some, ratio));
    for (const [name, value] of Object.entries<Tensor>(outputs)) {
      results[name] ??= blank(whole, value, ratio);
      blend(results[name], some, value, ratio);
    }
  }
  return results as { [Name in keyof Outputs]: Tensor };
}

function imageBatch(input: ArrayInput): Tensor {
  const { data, shape } = toFloatTensor(input, 'tiled');
  const batch = shape.length === 3 ? [1, ...shape] : shape;
  if (batch.length !== 4 || data.length === 0) {
    throw new VaeError('bad-input', `tiled: input is ${show(shape)}, expected [N, C, H, W] or [C, H, W].`);
  }
  return { data, shape: batch };
}

function ratioOf(scale: number): Scale {
  const ratio = scale >= 1 ? { up: scale, down: 1 } : { up: 1, down: Math.round(1 / scale) };
  const isWhole = Number.isInteger(ratio.up) && Number.isSafeInteger(ratio.down) && ratio.down >= 1;
  if (!isWhole || Math.abs(scale - ratio.up / ratio.down) > 1e-9) {
    throw new VaeError('bad-option', `tiled: scale is ${scale}, expected f or 1 / f for a whole number f.`);
  }
  return ratio;
}

function spansOf(
  length: number,
  tile: number,
  { overlap, ratio, side }: { overlap: number; ratio: Scale; side: 'height' | 'width' },
): TileSpan[] {
  const { up, down } = ratio;
  const isMultiple = (size: number) => Number.isInteger(size) && size >= 1 && size % down === 0;
  if (!isMultiple(tile)) {
    throw new VaeError(
      'bad-option',
      `tiled: the tile's ${side} is ${tile}, expected a whole number >= 1${down > 1 ? ` and a multiple of ${down}` : ''}.`,
    );
  }
  if (!isMultiple(length)) {
    throw new VaeError(
      'bad-input',
      `tiled: the ${side} is ${length}, no multiple of ${down}; crop or pad the input.`,
    );
  }
  // Tiles begin where an output element begins.
  const stride = Math.max(down, Math.floor((tile * (1 - overlap)) / down) * down);
  return tileAxis({ length, tile: Math.min(tile, length), stride, up, down });
}

function cut(whole: Tensor, tiles: readonly Tile[], { up, down }: Scale): Tensor {
  const [, channels, , width] = whole.shape as [number, number, number, number];
  const [h, w] = [tiles[0]!.y, tiles[0]!.x].map(({ weights }) => (weights.length * down) / up) as [
    number,
    number,
  ];
  const data = new Float32Array(tiles.length * channels * h * w);
  let at = 0;
  for (const { item, y, x } of tiles) {
    for (let c = 0; c < channels; c++) {
      for (let row = 0; row < h; row++, at += w) {
        const from = lineAt(whole, item, c, y.from + row) * width + x.from;
        data.set(whole.data.subarray(from, from + w), at);
      }
    }
  }
  return { data, shape: [tiles.length, channels, h, w] };
}

function blank(whole: Tensor, value: Tensor, { up, down }: Scale): Tensor {
  const [count, , height, width] = whole.shape as [number, number, number, number];
  const shape = [count, value.shape[1] ?? 0, (height * up) / down, (width * up) / down];
  return { data: zeros(shape, 'tiled'), shape };
}

/** The pixels per latent that a run shows by its sides, as a model is told them. */
function factorText(taken: number, gave: number): string {
  const factor = Math.max(taken, gave) / Math.min(taken, gave);
  return Number.isInteger(factor) ? `; for a VAE, pass latent: { factor: ${factor} } to VAE.load` : '';
}

/** Adds tiles, each with its weights, to the result. */
function blend(result: Tensor, tiles: readonly Tile[], value: Tensor, { up, down }: Scale): void {
  const [, channels, , width] = result.shape as [number, number, number, number];
  const [h, w] = [tiles[0]!.y.weights.length, tiles[0]!.x.weights.length];
  const expected = [tiles.length, channels, h, w];
  if (show(value.shape) !== show(expected)) {
    throw new VaeError(
      'bad-option',
      `tiled: the run gave ${show(value.shape)}, expected ${show(expected)}; set the scale to the model's` +
        `${factorText((h * down) / up, value.shape[2]!)}.`,
    );
  }
  let at = 0;
  for (const { item, y, x } of tiles) {
    for (let c = 0; c < channels; c++) {
      for (let row = 0; row < h; row++) {
        const to = lineAt(result, item, c, (y.from * up) / down + row) * width + (x.from * up) / down;
        for (let i = 0; i < w; i++, at++) {
          result.data[to + i]! += y.weights[row]! * x.weights[i]! * value.data[at]!;
        }
      }
    }
  }
}

/** Number of a line of pixels in [N, C, H, W]. */
function lineAt({ shape }: Tensor, item: number, channel: number, row: number): number {
  return (item * shape[1]! + channel) * shape[2]! + row;
}
