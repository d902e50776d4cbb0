import type { Value } from '../../../graph/value.js';
import { type Holding, samplesLast } from '../layout.js';
import type { Lowering } from '../lowering.js';
import { areaOf, type Cover, coveredPixels, isPointwise, reachesOutside } from './cover.js';

/** Windows of maps as the columns of a matrix [A · taps, count · N]. */
export interface Columns {
  readonly name: string;
  /** Windows of each sample: one for each pixel of b, and one of zeros for a spare pixel. */
  readonly count: number;
  readonly spare: boolean;
}

/** One more window, of a spare pixel, is free only where the maps have a pixel of zeros anyway. */
export const isSpareFree = ({ holdings }: Lowering, a: Value, cover: Cover): boolean =>
  holdings.hasZeros(a) || reachesOutside(cover);

/** The maps to read windows from: with a pixel of zeros, if some window needs one. */
export function windowSource({ holdings }: Lowering, a: Value, cover: Cover, spare: boolean): Holding {
  if (spare || reachesOutside(cover)) return holdings.withZeros(a);
  return isPointwise(cover) ? holdings.whole(a, samplesLast(4)) : holdings.computed(a);
}

function writeColumns(lowering: Lowering, a: Value, cover: Cover, spare: boolean): Columns {
  const { holdings, emit } = lowering;
  const from = windowSource(lowering, a, cover, spare);
  const [samples, channels] = holdings.resolve(a.shape);
  const area = areaOf(cover.sizeA);
  const pixels = area + (from.spare === 'none' ? 0 : 1);
  const count = areaOf(cover.sizeB) + (spare ? 1 : 0);
  if (isPointwise(cover)) return { name: holdings.view(from, [channels, pixels * samples]), count, spare };
  const taps = areaOf(cover.kernel);
  const key = `windows ${cover.key}`;
  const index = emit.longList(key, [taps, count], () => coveredPixels(cover, spare ? 1 : 0, area));
  const name = emit.node('Gather', [holdings.view(from, [channels, pixels, samples]), index], { axis: 1 });
  const dims = [channels, taps, count, samples];
  return { name: holdings.view({ name, dims }, [channels * taps, count * samples]), count, spare };
}

/**
 * The windows of maps, gathered once for all that multiply by them; whoever comes first decides about the spare
 * pixel.
 *
 * @param wantsSpare true where the other factor of a product has a spare pixel
 */
export function columnsOf(lowering: Lowering, a: Value, cover: Cover, wantsSpare: boolean): Columns {
  const known = lowering.columns.get(a) ?? new Map<string, Columns>();
  lowering.columns.set(a, known);
  const spare = wantsSpare && isSpareFree(lowering, a, cover);
  const columns = known.get(cover.key) ?? writeColumns(lowering, a, cover, spare);
  known.set(cover.key, columns);
  return columns;
}
