import type { ModelScan, ValueScan } from '../onnx/scan.js';
import { upstreamOf } from '../onnx/upstream.js';
import { graphError } from './graph-error.js';
import { type Item, itemOf } from './items.js';
import { type ForeignLabel, labelOf } from './label.js';
import { signsOf } from './signs.js';

/** A graph of somebody else's that takes one tensor, and labels where it is conditional, and gives tensors. */
export interface ForeignGraph {
  /** What errors call it. */
  readonly where: string;
  readonly scan: ModelScan;
  readonly input: { readonly name: string; readonly item: Item; readonly batch: number | undefined };
  readonly label: ForeignLabel | undefined;
  readonly outputs: readonly ForeignOutput[];
}

export interface ForeignOutput {
  readonly name: string;
  /** Undefined where the graph does not state it. */
  readonly item: Item | undefined;
  /** The first size where the graph fixes it: items per run, or of something else that is not per item. */
  readonly batch: number | undefined;
  /** A random number is drawn on the way to it. */
  readonly random: boolean;
  /** The operators that give it leave its numbers either sign. */
  readonly eitherSign: boolean;
  /** The operators leave its numbers either sign at the front, but not at the end. */
  readonly uneven: boolean;
  /** Its numbers come out of a tanh. */
  readonly tanh: boolean;
}

const floatTypes: readonly number[] = [1, 10];
const isFloat = ({ elementType }: ValueScan) => floatTypes.includes(elementType);

/**
 * What matters of a scanned graph: its one input, a second one for labels, and those outputs that are float32 or float16.
 *
 * @param named the input that the caller says is for labels
 * @throws VaeError "unsupported" for other inputs than these, and for no such output; "bad-option" as `labelOf`
 */
export function foreignGraph(scan: ModelScan, where: string, named?: string): ForeignGraph {
  const label = labelOf(scan, where, named);
  const [input, ...others] = scan.inputs.filter(({ name }) => name !== label?.name);
  if (!input || others.length > 0 || !isFloat(input) || !input.dims || !isBatchFirst(input)) {
    throw graphError(
      'unsupported',
      { where, scan },
      {
        what: 'only graphs can be fed that take one float32 or float16 array with a batch axis first, and labels [N] or [N, K]',
        hint: 'Export it that way; what else it takes has to become a constant or move outside.',
      },
    );
  }
  const floats = scan.outputs.filter((output) => isFloat(output) && isBatchFirst(output, input.dims![0]));
  if (floats.length === 0) {
    throw graphError(
      'unsupported',
      { where, scan },
      {
        what: 'no output is a float32 or float16 array with a batch axis first and another behind it',
        hint: 'Export it that way.',
      },
    );
  }
  const { isRandom } = upstreamOf(scan, where);
  const { either, uneven, tanh } = signsOf(scan);
  return {
    where,
    scan,
    input: { name: input.name, item: itemOf(input.dims)!, batch: batchOf(input) },
    label,
    outputs: floats.map(({ name, dims }) => ({
      name,
      item: itemOf(dims),
      batch: batchOf({ dims }),
      random: isRandom(name),
      eitherSign: either.has(name),
      uneven: uneven.has(name),
      tanh: tanh.has(name),
    })),
  };
}

/**
 * Whether items come along the first axis, as far as the sizes and their names say. A number per batch or per item, such
 * as a loss, is neither data nor a latent; what recurrent layers take and give may have the batch second. One before it
 * does no harm: then each run takes an item.
 *
 * @param batch what the input calls its first axis
 */
function isBatchFirst({ dims }: ValueScan, batch?: number | string): boolean {
  if (!dims) return true;
  const [first, ...others] = dims;
  const isBatch = (size: number | string | undefined) =>
    typeof size === 'string' && (/batch/i.test(size) || (size !== '' && size === batch));
  return others.length > 0 && (first === 1 || isBatch(first) || !others.some(isBatch));
}

function batchOf({ dims }: Pick<ValueScan, 'dims'>): number | undefined {
  const size = dims?.[0];
  return typeof size === 'number' && size > 0 ? size : undefined;
}
