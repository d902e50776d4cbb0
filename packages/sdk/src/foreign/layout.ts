import { VaeError } from '../errors.js';
import type { DataSpec } from '../model.js';
import type { ForeignGraph } from './graph.js';
import { graphError } from './graph-error.js';
import type { Item } from './items.js';
import type { ForeignOptions } from './options.js';

const orders = { nchw: 'chw', nhwc: 'hwc', flat: 'flat' } as const;

/** Most channels that an image is thought to have when its axes are told apart. */
const maximumChannels = 4;

/**
 * What one item of data is and in which order its axes are: three axes are an image, one is a vector. In an image the
 * axis of 1 to 4 channels is looked for at both ends.
 *
 * @throws VaeError "bad-option" where an image's axes cannot be told apart, or the option contradicts their number
 */
export function dataLayout(
  shape: Item,
  layout: ForeignOptions['layout'],
  { encoder, decoder }: { readonly encoder?: ForeignGraph; readonly decoder?: ForeignGraph },
): Pick<DataSpec, 'kind' | 'layout'> {
  const axes = shape.length;
  const graph = (encoder ?? decoder)!;
  if (layout !== undefined && (axes === 3) === (layout === 'flat')) {
    const needs =
      layout === 'flat' ? 'any but four axes, the batch included' : 'four axes, the batch included';
    throw new VaeError(
      'bad-option',
      `${graph.where}: layout is '${layout}', which needs ${needs}; the graph has ${axes + 1}.`,
    );
  }
  if (axes !== 3) return { kind: axes === 1 ? 'vector' : 'sequence', layout: 'flat' };
  if (layout !== undefined) return { kind: 'image', layout: orders[layout] };
  const isChannels = (size: number) => size >= 1 && size <= maximumChannels;
  const first = isChannels(shape[0]!);
  const last = isChannels(shape[2]!);
  if (first === last) {
    throw graphError('bad-option', graph, {
      what: `which of an image's axes holds the channels cannot be told`,
      hint: `Pass layout: 'nchw' or 'nhwc'.`,
    });
  }
  return { kind: 'image', layout: first ? 'chw' : 'hwc' };
}
