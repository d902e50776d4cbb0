import type { Tensor, VAE } from '@vae/sdk';
import { UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';

/** Images in batches, and how to name them. */
export interface ImageSet {
  readonly name: string;
  /** How many there will be. */
  readonly size: number;
  /** N C H W in [0, 1]. */
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
 * Opens a part of a data set of the trainer for a model.
 *
 * @param spec such as `digits` or `mnist:DIR`; when left out, what the model was trained on
 * @throws UsageError when the model does not say that, when the images have another shape, or there is no such part
 */
export async function readDataset(
  { manifest, dataShape }: Pick<VAE, 'manifest' | 'dataShape'>,
  spec: string | undefined,
  { part, count = Number.POSITIVE_INFINITY, onNote }: DatasetOptions,
): Promise<ImageSet> {
  const wanted = spec ?? manifest?.training?.dataset;
  if (wanted === undefined) {
    throw new UsageError('The model does not say what it was trained on; add --data or images.');
  }
  const { openDataset } = await import('@vae/trainer');
  // Drawn data sets depend on a seed: the one of the training keeps its test part apart from its training part.
  const { name, shape, ...parts } = await openDataset(wanted, {
    seed: manifest?.training?.seed ?? 0,
    onNote,
  });
  if (shape.join() !== dataShape.join()) {
    throw new UsageError(
      `--data ${wanted} has images of ${shape.join(' × ')} (C × H × W), the model takes ${dataShape.join(' × ')}; choose another data set.`,
    );
  }
  const split = parts[part];
  if (split === undefined) {
    throw new UsageError(`--data ${wanted} has no ${part} part; choose another data set.`);
  }
  const size = Math.min(count, split.size);
  async function* batches() {
    for (let first = 0; first < size; first += batchSize) {
      const indices = Array.from({ length: Math.min(batchSize, size - first) }, (_, row) => first + row);
      const images = new Float32Array(indices.length * sizeOf(shape));
      await split!.read(indices, images);
      yield { data: images, shape: [indices.length, ...shape] };
    }
  }
  return { name: `${name} (${part})`, size, batches: batches() };
}
