import type { Node, Value } from '../../../graph/value.js';
import type { OnnxValueInfo } from '../../../onnx/model.js';
import type { Holding } from '../layout.js';
import { type Factor, writeProduct } from '../linalg.js';
import type { Lowering } from '../lowering.js';
import { isSpareFree, windowSource } from './columns.js';
import { areaOf, coveredPixels, weightDims } from './cover.js';
import { gradientLayout, isWindowsFirst, mapsOf, weightFactor } from './maps.js';
import type { Pair } from './pairs.js';

/** Numbers that stay in the cache of one core: half a megabyte of windows, and of the maps multiplied by them. */
const CACHED = 2 ** 17;
/** Rows of a matrix that are at most 2 KB apart: processors fetch the next one before it is asked for. */
const LONGEST_ROW = 512;
/** Fewer windows stay in the cache as a whole. */
const LEAST_WINDOWS = 2 ** 18;
/** Larger weights and their gradient, which every block reads once more, take the cache for themselves. */
const MOST_WEIGHTS = 2 ** 17;
/** The time that a block takes on top of that of its pixels, in pixels. */
const PIXELS_PER_BLOCK = 0.25;

/** Pixels of maps, some at a time; the last block may have places left over. */
export interface Blocks {
  readonly count: number;
  readonly size: number;
}

/** Pixels in blocks of at most `most`, as the shortest time has them. */
export function divided(pixels: number, most: number): Blocks {
  const sizes = Array.from({ length: Math.ceil(most / 2) }, (_, i) => most - i);
  const all = sizes.map((size) => ({ size, count: Math.ceil(pixels / size) }));
  const time = ({ count, size }: Blocks) => count * (size + PIXELS_PER_BLOCK);
  return all.reduce((best, blocks) => (time(blocks) < time(best) ? blocks : best));
}

/** The matrices of a pair: windows [window, pixels · N] and maps [channels, pixels · N]. */
interface Sizes {
  readonly window: number;
  readonly channels: number;
  /** Pixels of b, with the spare one if the result is to have one. */
  readonly pixels: number;
  readonly spare: boolean;
  readonly samples: number;
}

function sizesOf(lowering: Lowering, { gradient: { node, cover, a, b } }: Pair): Sizes {
  const { holdings } = lowering;
  const [samples] = holdings.resolve(b.shape);
  const [window, channels] = weightDims(cover, holdings.resolve(node.shape));
  const spare = holdings.carriesSpare(b) && isSpareFree(lowering, a, cover);
  return { window, channels, pixels: areaOf(cover.sizeB) + (spare ? 1 : 0), spare, samples };
}

/** The pixels of one block; 0 where blocks do not pay. */
function pixelsOfBlock({ threads }: Lowering, { window, channels, pixels, samples }: Sizes): number {
  const isSmall = window * pixels * samples < LEAST_WINDOWS || window < 2 * channels;
  if (threads > 1 || isSmall || window * channels > MOST_WEIGHTS) return 0;
  return Math.floor(Math.min(LONGEST_ROW, CACHED / (window + 2 * channels)) / samples);
}

/** Several lists of one length, in blocks [count, lists, size]; the places left over are `beyond`. */
function inBlocks(lists: readonly Int32Array[], { count, size }: Blocks, beyond: number): Int32Array {
  const all = new Int32Array(count * lists.length * size).fill(beyond);
  for (let block = 0; block < count; block++)
    for (const [i, list] of lists.entries())
      all.set(list.subarray(block * size, (block + 1) * size), (block * lists.length + i) * size);
  return all;
}

/** Blocks [count, C, size · N] as maps [C, pixels, N]. */
function joined({ emit, holdings }: Lowering, name: string, sizes: Sizes, { count, size }: Blocks): string {
  const { channels, pixels, samples } = sizes;
  const lines = holdings.view({ name, dims: [count, channels, size * samples] }, [
    count * channels * size,
    samples,
  ]);
  const starts = Array.from({ length: channels }, (_, channel) => channel * size);
  const places = Array.from(
    { length: pixels },
    (_, pixel) => Math.floor(pixel / size) * channels * size + (pixel % size),
  );
  // Two short lists, which the runtime adds when it loads the file.
  const rows = emit.node('Add', [emit.ints(starts, [channels, 1]), emit.ints(places)]);
  return emit.node('Gather', [lines, rows]);
}

/** What the body reads: maps [C, pixels, N] and, for each block, the pixels to take. */
interface Source {
  readonly maps: string;
  readonly places: string;
  readonly dims: readonly number[];
}

/** Maps by their pixels, the spare one among them. */
function pixelsOf({ holdings }: Lowering, { shape }: Value, maps: Holding): string {
  const [samples, channels, height, width] = holdings.resolve(shape);
  return holdings.view(maps, [channels, height * width + (maps.spare === 'none' ? 0 : 1), samples]);
}

/** Windows of a: [count, taps, size] places. */
function windowsFrom(lowering: Lowering, { gradient: { cover, a } }: Pair, blocks: Blocks): Source {
  const pixels = areaOf(cover.sizeB);
  const maps = windowSource(lowering, a, cover, blocks.count * blocks.size > pixels);
  const outside = areaOf(cover.sizeA);
  const dims = [areaOf(cover.kernel), blocks.size];
  const write = () => {
    const covered = coveredPixels(cover, 0, outside);
    const taps = Array.from({ length: areaOf(cover.kernel) }, (_, tap) =>
      covered.subarray(tap * pixels, (tap + 1) * pixels),
    );
    return inBlocks(taps, blocks, outside);
  };
  return {
    maps: pixelsOf(lowering, a, maps),
    places: lowering.emit.longList(`blocks ${cover.key}`, [blocks.count, ...dims], write),
    dims,
  };
}

/** Pixels of b: [count, size] places. Beside a window of zeros it does not matter which one is read. */
function mapsFrom(lowering: Lowering, { gradient: { cover, b } }: Pair, blocks: Blocks): Source {
  const own = Int32Array.from({ length: areaOf(cover.sizeB) }, (_, pixel) => pixel);
  const dims = [blocks.size];
  return {
    maps: pixelsOf(lowering, b, lowering.holdings.computed(b)),
    places: lowering.emit.longList(`own ${own.length}`, [blocks.count, ...dims], () =>
      inBlocks([own], blocks, 0),
    ),
    dims,
  };
}

/** What is done with one block: its gradient is added to the sum so far, its maps are a result of its own. */
function writeBody(
  lowering: Lowering,
  sources: { readonly windows: Source; readonly maps: Source },
  weight: Factor | undefined,
  { dims, windowsFirst }: { readonly dims: readonly number[]; readonly windowsFirst: boolean },
  { window, channels }: Sizes,
  columns: number,
) {
  const { emit } = lowering;
  const take = (from: Source, rows: number) => {
    const input: OnnxValueInfo = { name: emit.unique('places'), dims: from.dims, type: 'int64' };
    const taken = emit.node('Gather', [from.maps, input.name], { axis: 1 });
    const name = emit.node('Reshape', [taken, emit.ints([rows, columns])]);
    return { input, factor: { name, transposed: false } };
  };
  const windows = take(sources.windows, window);
  const maps = take(sources.maps, channels);
  const sum = { name: emit.unique('sum'), dims };
  const [left, right] = windowsFirst ? [windows.factor, maps.factor] : [maps.factor, windows.factor];
  const added = writeProduct(lowering, left, { ...right, transposed: true }, sum.name);
  const outputs = [{ name: added, dims }];
  if (weight)
    outputs.push({ name: writeProduct(lowering, weight, windows.factor), dims: [channels, columns] });
  return { inputs: [sum, windows.input, maps.input], outputs };
}

/**
 * Both products of a pair in one Scan over blocks of pixels. The windows of a block are in the cache when they are
 * multiplied, and no memory holds those of all pixels.
 */
function writeScan(lowering: Lowering, pair: Pair, sizes: Sizes, blocks: Blocks): Map<Node, Holding> {
  const { emit } = lowering;
  const { channels, pixels, samples, spare } = sizes;
  const windows = windowsFrom(lowering, pair, blocks);
  const maps = mapsFrom(lowering, pair, blocks);
  const weight = pair.maps && weightFactor(lowering, pair.maps, false, pixels * samples);
  const windowsFirst = isWindowsFirst(lowering, pair.gradient);
  const layout = gradientLayout(lowering, pair.gradient, windowsFirst);
  const columns = blocks.size * samples;
  const body = emit.body('block', () =>
    writeBody(lowering, { windows, maps }, weight, { dims: layout.dims, windowsFirst }, sizes, columns),
  );
  const zeros = emit.node('ConstantOfShape', [emit.ints(layout.dims)]);
  const inputs = [zeros, windows.places, maps.places];
  const [gradient, parts] = emit.nodeOf(pair.maps ? 2 : 1, 'Scan', inputs, { body, num_scan_inputs: 2 });
  const made = new Map<Node, Holding>([[pair.gradient.node, { name: gradient, ...layout }]]);
  if (!pair.maps) return made;
  const whole = joined(lowering, parts, sizes, blocks);
  const result = mapsOf(lowering, pair.maps.node, whole, spare ? 'zeros' : 'none');
  return made.set(pair.maps.node, { ...result, dims: [channels, pixels, samples] });
}

/** The result of one of a pair, where it pays to compute both together, block by block. */
export function multiplyInBlocks(lowering: Lowering, node: Node): Holding | undefined {
  const { pairs, columns, computed } = lowering;
  const pair = pairs.get(node);
  if (!pair || computed.has(node)) return computed.get(node);
  const { a, cover } = pair.gradient;
  // All windows are there already: somebody else has gathered them.
  if (columns.get(a)?.has(cover.key)) return undefined;
  const sizes = sizesOf(lowering, pair);
  const most = pixelsOfBlock(lowering, sizes);
  if (most === 0) return undefined;
  const made = writeScan(lowering, pair, sizes, divided(sizes.pixels, most));
  for (const [other, holding] of made) computed.set(other, holding);
  return made.get(node);
}
