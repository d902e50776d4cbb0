import type { Tensor, VAE } from '@vae/sdk';
import { denormalized } from '@vae/sdk/manifest';
import type { Dataset, Split } from '@vae/trainer';
import { quote, UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';
import { labelsOf } from './item-labels.js';
import { otherDelimiter } from './other-delimiter.js';

/** A batch, with the labels of its items where a model is told them. */
export interface Items extends Tensor {
  /** One for all items, or one for each. */
  readonly label?: string | number | readonly number[];
}

/** Items in batches, and how to name them. */
export interface ItemSet {
  readonly name: string;
  /** How many there will be. */
  readonly size: number;
  /** [N, ...item] as the model's `encode` takes them: images in [0, 1], other data in their own units. */
  readonly batches: AsyncIterable<Items>;
}

export interface DatasetOptions {
  readonly part: 'train' | 'test';
  /** At most so many. Default: all. */
  readonly count?: number;
  /** Give the labels of the items too, as numbers of these classes. */
  readonly labels?: VAE['labels'];
  /** Told what the user should know, such as that a file is fetched. */
  readonly onNote: (text: string) => void;
}

/** The part of a model that reading data for it needs. */
export type DataModel = Pick<VAE, 'manifest' | 'dataShape'>;

const batchSize = 128;

/**
 * Opens a part of a data set of the trainer for a model. A model that normalises what it is given gets values as they
 * are in the files, whatever scaling the data set is opened with. Columns of tables are found by the names that the model
 * has for them. A named data set without a test part is judged whole, with a note.
 *
 * @param spec such as `digits`, `mnist:DIR` or `csv:FILE`; when left out, what the model was trained on
 * @throws UsageError when the model does not say that, when the items have another shape or no such labels, or when what
 *   it was trained on is not there or has no such part
 */
export async function readDataset(
  model: DataModel,
  spec: string | undefined,
  { part, count = Number.POSITIVE_INFINITY, labels, onNote }: DatasetOptions,
): Promise<ItemSet> {
  const wanted = spec ?? model.manifest?.training?.dataset;
  if (wanted === undefined) {
    throw new UsageError(
      'The model does not say what it was trained on; name data with --data, or give files.',
    );
  }
  const opened = await openFor(model, wanted, onNote).catch((error: unknown) => {
    throw spec === undefined ? notThere(wanted, error) : error;
  });
  const { dataset } = opened;
  const split = dataset[part] ?? (spec === undefined ? undefined : dataset.train);
  const refusal = shapeRefusal(dataset, model.dataShape);
  if (split === undefined || refusal !== undefined) {
    await dataset.close?.();
    throw new UsageError(
      refusal ? `--data ${wanted} has ${refusal}; ${advice(wanted, model.dataShape)}.` : noPart(wanted, part),
    );
  }
  const label = labels && (await closingAtFault(dataset, () => labelsOf(dataset, split, labels, wanted)));
  const found = dataset[part] ? part : 'all';
  if (found === 'all')
    onNote(
      `${dataset.name} has no ${part} part: ${split.size === 1 ? 'its only item is' : `all its ${split.size} items are`} used.`,
    );
  const size = Math.min(count, split.size);
  const indices = Array.from({ length: size }, (_, index) => index);
  return {
    name: `${dataset.name} (${found})`,
    size,
    batches: readBatches(opened, split, { indices, batchSize, label }),
  };
}

/** Data that are refused are let go of. */
async function closingAtFault<T>({ close }: Dataset, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    await close?.();
    throw error;
  }
}

/** A data set, and whether its values have to be given in their own units. */
export interface Opened {
  readonly dataset: Dataset;
  readonly raw: boolean;
}

/** Opens what a spec names so that its items are what the model takes, but for their shape. */
export async function openFor(
  { manifest }: Pick<DataModel, 'manifest'>,
  spec: string,
  onNote: (text: string) => void,
): Promise<Opened> {
  const raw = manifest?.data?.preprocess?.normalize !== undefined;
  const { openDataset } = await import('@vae/trainer');
  // Drawn data sets depend on a seed: the one of the training keeps its test part apart from its training part.
  const dataset = await openDataset(raw ? withoutOption(spec, 'normalize') : spec, {
    seed: manifest?.training?.seed ?? 0,
    onNote,
    model: { columns: manifest?.data?.columns },
  }).catch(async (error: unknown) => {
    throw (await otherDelimiter(spec, manifest?.data, error)) ?? error;
  });
  return { dataset, raw };
}

/** What is wrong with the shape of the items; undefined for nothing. */
function shapeRefusal({ shape }: Dataset, dataShape: readonly number[]): string | undefined {
  if (shape.join() === dataShape.join()) return undefined;
  const items = shape.length === 3 ? 'images' : 'items';
  const axes = shape.length === 3 ? ' (C × H × W)' : '';
  return `${items} of ${shape.join(' × ')}${axes}, the model takes ${dataShape.join(' × ')}`;
}

/** Pictures of any size become what the model takes; other data do not. */
const advice = (spec: string, [channels, height, width]: readonly number[]): string =>
  spec.startsWith('images:') && width !== undefined
    ? `add the options size=${height}x${width}${channels === 1 ? ' and grey' : ''}`
    : 'choose another data set';

/** What the model was trained on cannot be opened: mostly because a manifest has no folders of the machine. */
function notThere(dataset: string, cause: unknown): unknown {
  const [source, path] = dataset.split(/:(.*)/s) as [string, string?];
  if ((cause as { code?: unknown } | null)?.code === undefined || path === undefined) return cause;
  return new UsageError(
    `The model was trained on ${dataset}. ${(cause as Error).message} Say where the data are with --data ${source}:FOLDER/${path}, or give files.`,
    { cause },
  );
}

function noPart(dataset: string, part: string): string {
  const source = dataset.split(':')[0];
  return `The model was trained on ${dataset}, which has no ${part} part. Name data that it has not seen with --data ${source}:${source === 'images' || source === 'audio' ? 'FOLDER' : 'FILE'}, or give files; --data ${quote(dataset)} uses all of what it was trained on.`;
}

interface BatchOptions {
  readonly indices: readonly number[];
  readonly batchSize: number;
  readonly label?: (index: number) => number;
}

/** Items in batches; with `raw` what the option `range` did is undone, which cuts nothing off. */
export async function* readBatches(
  { dataset, raw }: Opened,
  split: Split,
  { indices, batchSize, label }: BatchOptions,
): AsyncGenerator<Items> {
  const { shape, normalization, close } = dataset;
  try {
    for (let first = 0; first < indices.length; first += batchSize) {
      const chosen = indices.slice(first, first + batchSize);
      const read = new Float32Array(chosen.length * sizeOf(shape));
      await split.read(chosen, read);
      const data = raw && normalization ? denormalized(read, normalization) : read;
      yield { data, shape: [chosen.length, ...shape], ...(label && { label: chosen.map(label) }) };
    }
  } finally {
    await close?.();
  }
}

/** The same data without an option, such as a scaling by what is measured on them: the model has its own. */
export function withoutOption(spec: string, name: string): string {
  const at = spec.lastIndexOf('?') + 1;
  if (at === 0) return spec;
  const options = spec.slice(at).split('&');
  return spec.slice(0, at) + options.filter((option) => option.split('=')[0] !== name).join('&');
}
