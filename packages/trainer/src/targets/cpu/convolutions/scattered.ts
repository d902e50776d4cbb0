import type { Holding } from '../layout.js';
import { biasColumn, type Factor, writeProduct } from '../linalg.js';
import type { Lowering } from '../lowering.js';
import { areaOf, coveredPixels, coveringWindows, isPointwise, reachesOutside } from './cover.js';
import { type MapTask, mapsOf, weightFactor } from './maps.js';

/**
 * Maps of fewer pixels do not carry a spare one: in a product it costs as much as any other pixel, and a copy
 * without it is cheaper there.
 */
const LEAST_PIXELS_FOR_SPARE = 64;

/** W · b for every pixel of b: [A · taps, count · N]. */
function products(lowering: Lowering, task: MapTask, from: Holding, count: number, bias?: string) {
  const [samples, channels] = lowering.holdings.resolve(task.maps.shape);
  const columns = count * samples;
  const weight = weightFactor(lowering, task, true, columns);
  const right = { name: lowering.holdings.view(from, [channels, columns]), transposed: false };
  const [, channelsA] = lowering.holdings.resolve(task.node.shape);
  const name = writeProduct(lowering, weight, right, bias);
  return { name, dims: [channelsA * areaOf(task.cover.kernel), columns] };
}

/** Maps without the spare pixel that only took what fell outside. */
function trimmed(lowering: Lowering, { node, cover }: MapTask, sum: Holding): Holding {
  const { emit, holdings } = lowering;
  const [samples, channels] = holdings.resolve(node.shape);
  const area = areaOf(cover.sizeA);
  const from = holdings.view(sum, [channels, area + 1, samples]);
  const name = emit.node('Slice', [from, emit.ints([0]), emit.ints([area]), emit.ints([1])]);
  return { ...mapsOf(lowering, node, name, 'none'), dims: [channels, area, samples] };
}

/** Fewer products, 8 MB, are added onto pixels as quickly from the memory that two threads share. */
const MANY_PRODUCTS = 2 ** 21;
/** Of more, as many at a time as are still in the cache of one core. */
const CACHED = 2 ** 19;
/** A product of fewer rows takes as long for packing its other factor. */
const LEAST_ROWS = 32;

/** How many channels of the result are computed at a time: equally many, where that loses less than half of what fits. */
export function channelGroups(channels: number, taps: number, numbersOfChannel: number): number[] {
  if (channels * numbersOfChannel <= MANY_PRODUCTS) return [channels];
  const fitting = Math.max(Math.floor(CACHED / numbersOfChannel), Math.ceil(LEAST_ROWS / taps));
  const most = Math.min(fitting, channels);
  const sizes = Array.from({ length: Math.ceil(most / 2) }, (_, i) => most - i);
  const size = sizes.find((each) => channels % each === 0) ?? most;
  return Array.from({ length: Math.ceil(channels / size) }, (_, i) => Math.min(size, channels - i * size));
}

/** An array in parts of those sizes. */
function split({ emit }: Lowering, name: string, sizes: readonly number[], axis: number): string[] {
  if (sizes.length === 1) return [name];
  return emit.nodeOf(sizes.length, 'Split', [name, emit.ints(sizes)], { axis });
}

/** What products are added to: the bias in every pixel, or zeros. [channels · pixels, N] */
function base({ emit, holdings }: Lowering, [channels, pixels, samples]: number[], bias?: string): string {
  if (!bias) return emit.node('ConstantOfShape', [emit.ints([channels * pixels, samples])]);
  const dims = [channels, pixels, samples];
  const name = emit.node('Expand', [bias, emit.ints(dims)]);
  return holdings.view({ name, dims }, [channels * pixels, samples]);
}

/** The factors of the products, and what these are added to, for some of the channels each. */
function channelParts(lowering: Lowering, { node, cover, bias }: MapTask, weight: Factor, groups: number[]) {
  const { holdings } = lowering;
  const [, channels] = holdings.resolve(node.shape);
  const rows = groups.map((size) => size * areaOf(cover.kernel));
  const names = split(lowering, weight.name, rows, weight.transposed ? 1 : 0);
  const column = bias && holdings.view(holdings.usual(bias), [channels, 1, 1]);
  const biases = column ? split(lowering, column, groups, 0) : [];
  return groups.map((size, i) => ({
    size,
    weight: { ...weight, name: names[i] },
    bias: biases[i] as string | undefined,
  }));
}

/** Every product is added to the pixel it belongs to; what falls outside, to a spare pixel. */
function scatter(lowering: Lowering, task: MapTask): Holding {
  const { holdings, emit } = lowering;
  const { node, maps, cover } = task;
  const from = holdings.computed(maps);
  const extra = from.spare === 'none' ? 0 : 1;
  const count = areaOf(cover.sizeB) + extra;
  const taps = areaOf(cover.kernel);
  const area = areaOf(cover.sizeA);
  const spare = extra === 1 || reachesOutside(cover);
  const pixels = area + (spare ? 1 : 0);
  const [samples, channels] = holdings.resolve(node.shape);
  const columns = count * samples;
  const [, channelsB] = holdings.resolve(maps.shape);
  const right = { name: holdings.view(from, [channelsB, columns]), transposed: false };
  const places = emit.longList(`windows ${cover.key}`, [taps * count, 1], () =>
    coveredPixels(cover, extra, area),
  );
  const groups = channelGroups(channels, taps, taps * columns);
  const weight = weightFactor(lowering, task, true, columns);
  const parts = channelParts(lowering, task, weight, groups).map((part) => {
    const name = writeProduct(lowering, part.weight, right);
    const added = holdings.view({ name, dims: [part.size * taps, columns] }, [
      part.size,
      taps * count,
      samples,
    ]);
    // Two short lists, which the runtime adds when it loads the file.
    const starts = Array.from({ length: part.size }, (_, channel) => channel * pixels);
    const rows = emit.once('Add', [emit.ints(starts, [part.size, 1, 1]), places]);
    const onto = base(lowering, [part.size, pixels, samples], part.bias);
    return emit.node('ScatterND', [onto, rows, added], { reduction: 'add' });
  });
  const name = parts.length === 1 ? parts[0] : emit.node('Concat', parts, { axis: 0 });
  const dims = [channels * pixels, samples];
  const sum = { ...mapsOf(lowering, node, name, spare ? 'anything' : 'none'), dims };
  return spare && area < LEAST_PIXELS_FOR_SPARE ? trimmed(lowering, task, sum) : sum;
}

/** Rows of as few numbers are added as slowly as longer ones: pixels collect their products in less time. */
const FEW_SAMPLES = 4;

/**
 * Every pixel collects the products that belong to it, one Gather for each of the most that one has. Slower for more than
 * a few samples, but no two threads write to one place, which ScatterND of ONNX Runtime lets them.
 */
function collect(lowering: Lowering, task: MapTask): Holding {
  const { holdings, emit } = lowering;
  const { node, maps, cover, bias } = task;
  const complete = coveringWindows(cover, 1, -1).every((list) => !list.includes(-1));
  const from = complete ? holdings.usual(maps) : holdings.withZeros(maps);
  const count = areaOf(cover.sizeB) + (complete ? 0 : 1);
  const [samples, channels] = holdings.resolve(node.shape);
  const source = holdings.view(products(lowering, task, from, count), [
    channels,
    areaOf(cover.kernel) * count,
    samples,
  ]);
  const parts = coveringWindows(cover, count, count - 1).map((list, i) => {
    const places = emit.longList(`over ${i} ${count} ${cover.key}`, [list.length], () => list);
    return emit.node('Gather', [source, places], { axis: 1 });
  });
  // Not one Sum, which takes four times as long.
  const sum = parts.reduce((left, right) => emit.node('Add', [left, right]));
  const name = bias ? emit.node('Add', [sum, holdings.view(holdings.usual(bias), [channels, 1, 1])]) : sum;
  return { ...mapsOf(lowering, node, name, 'none'), dims: [channels, areaOf(cover.sizeA), samples] };
}

/** A kernel of one tap, of stride 1: the product itself. */
function pointwise(lowering: Lowering, task: MapTask): Holding {
  const { node, maps, cover, bias } = task;
  const from = lowering.holdings.computed(maps);
  const count = areaOf(cover.sizeB) + (from.spare === 'none' ? 0 : 1);
  const [, channels] = lowering.holdings.resolve(node.shape);
  const { name } = products(lowering, task, from, count, biasColumn(lowering, bias, channels));
  return mapsOf(lowering, node, name, bias && from.spare === 'zeros' ? 'anything' : from.spare);
}

/** a = the sum of Wᵀ · b over all windows that cover a pixel: one product and col2im. */
export function spreadWindows(lowering: Lowering, task: MapTask): Holding {
  if (isPointwise(task.cover)) return pointwise(lowering, task);
  const [samples] = lowering.holdings.resolve(task.maps.shape);
  const collects = lowering.threads > 1 || samples <= FEW_SAMPLES;
  return collects ? collect(lowering, task) : scatter(lowering, task);
}
