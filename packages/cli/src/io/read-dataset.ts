import type { Tensor, VAE } from '@vae/sdk';
import { denormalized } from '@vae/sdk/manifest';
import type { Dataset, Split } from '@vae/trainer';
import { UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';

/** Items in batches, and how to name them. */
export interface ItemSet {
  readonly name: string;
  /** How many there will be. */
  readonly size: number;
  /** [N, ...item] as the model's `encode` takes them: images in [0, 1], other data in their own units. */
  readonly batches: AsyncIterable<Tensor>;
}

export interface DatasetOptions {
  readonly part: 'train' | 'test';
  /** At most so many. Default: all. */
  readonly count?: number;
  /** Told what the user should know, such as that a file is fetched. */
  readonly onNote: (text: string) => void;
}

const batchSize = 128;

/**
 * Opens a part of a data set of the trainer for a model. A model that normalises what it is given gets values as they
 * are in the files, whatever scaling the data set is opened with.
 *
 * @param spec such as `digits` or `mnist:DIR`; when left out, what the model was trained on
 * @throws UsageError when the model does not say that, when the items have another shape, or there is no such part
 */
export async function readDataset(
  model: Pick<VAE, 'manifest' | 'dataShape'>,
  spec: string | undefined,
  { part, count = Number.POSITIVE_INFINITY, onNote }: DatasetOptions,
): Promise<ItemSet> {
  const { manifest } = model;
  const wanted = spec ?? manifest?.training?.dataset;
  if (wanted === undefined) {
    throw new UsageError('The model does not say what it was trained on; add --data or images.');
  }
  const normalizes = manifest?.data?.preprocess?.normalize !== undefined;
  const { openDataset } = await import('@vae/trainer');
  // Drawn data sets depend on a seed: the one of the training keeps its test part apart from its training part.
  const dataset = await openDataset(normalizes ? withoutNormalize(wanted) : wanted, {
    seed: manifest?.training?.seed ?? 0,
    onNote,
  });
  const split = dataset[part];
  const refusal = refusalOf(dataset, part, model.dataShape);
  if (split === undefined || refusal !== undefined) {
    await dataset.close?.();
    throw new UsageError(`--data ${wanted} has ${refusal}; choose another data set.`);
  }
  const size = Math.min(count, split.size);
  const batches = readBatches(dataset, split, size, normalizes);
  return { name: `${dataset.name} (${part})`, size, batches };
}

type Part = DatasetOptions['part'];

/** What is wrong with a data set for a model; undefined for nothing. */
function refusalOf(dataset: Dataset, part: Part, dataShape: readonly number[]): string | undefined {
  const { shape } = dataset;
  if (shape.join() !== dataShape.join()) {
    const items = shape.length === 3 ? 'images' : 'items';
    const axes = shape.length === 3 ? ' (C × H × W)' : '';
    return `${items} of ${shape.join(' × ')}${axes}, the model takes ${dataShape.join(' × ')}`;
  }
  return dataset[part] === undefined ? `no ${part} part` : undefined;
}

/** The first `size` items; with `raw` what the option `range` did is undone, which cuts nothing off. */
async function* readBatches(
  dataset: Dataset,
  split: Split,
  size: number,
  raw: boolean,
): AsyncGenerator<Tensor> {
  const { shape, normalization, close } = dataset;
  try {
    for (let first = 0; first < size; first += batchSize) {
      const indices = Array.from({ length: Math.min(batchSize, size - first) }, (_, row) => first + row);
      const read = new Float32Array(indices.length * sizeOf(shape));
      await split.read(indices, read);
      const data = raw && normalization ? denormalized(read, normalization) : read;
      yield { data, shape: [indices.length, ...shape] };
    }
  } finally {
    await close?.();
  }
}

/** The same data without the scaling by what is measured on them: the model has what was measured in its training. */
function withoutNormalize(spec: string): string {
  const at = spec.lastIndexOf('?') + 1;
  if (at === 0) return spec;
  const options = spec.slice(at).split('&');
  return spec.slice(0, at) + options.filter((option) => !/^normalize(=|$)/.test(option)).join('&');
}
