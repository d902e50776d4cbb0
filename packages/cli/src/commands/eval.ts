import type { Tensor, VAE } from '@vae/sdk';
import { parseSeed, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { type Evaluation, evaluate } from '../evaluate.js';
import { readImages } from '../io/read-images.js';
import { withModel } from '../model.js';
import { addCount, addModel, type ModelOptions } from '../options.js';
import { sizeOf } from '../tensors.js';

interface Options extends ModelOptions {
  readonly data?: string;
  readonly count?: number;
  readonly seed: number;
}

/** Images to judge on, N C H W, and how to name them. */
interface TestSet {
  readonly name: string;
  /** How many there will be at most, for the progress bar. */
  readonly size: number;
  readonly batches: AsyncIterable<Tensor>;
}

const batchSize = 128;

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .addHelpText('after', '\nOf a single sample there is no standard error; it is null in the JSON.')
    .argument('[inputs...]', 'PNG, JPEG or NPY files, or folders of them, in place of a data set')
    .option(
      '--data <spec>',
      'data set whose test part is used: digits, mnist, mnist:DIR (default: what the model was trained on)',
    )
    .option('--seed <n>', 'seed of the draws, one per sample', parseSeed('--seed'), 0);
  addCount(command, 'how many samples (default: all)');
  command.action(async (source: string, inputs: string[], options: Options) => {
    const { data, seed } = options;
    if (data !== undefined && inputs.length > 0) {
      throw new UsageError(
        `--data ${data} and the input "${inputs[0]}" exclude each other; give one of them.`,
      );
    }
    await withModel(source, options, streams, async ({ vae, output, progress }) => {
      const set =
        inputs.length > 0 ? fromFiles(vae, inputs, options) : await fromDataset(vae, options, output.note);
      const bar = progress('eval', set.size);
      const onBatch = (done: number) => bar.update({ done, fields: { samples: String(done) } });
      const result = await evaluate(vae, set.batches, { seed, onBatch });
      bar.finish();
      output.result(
        { ...result, data: set.name, seed, device: vae.device },
        describe(result, set.name, seed),
      );
    });
  });
}

function fromFiles(vae: VAE, inputs: string[], { count }: Options): TestSet {
  async function* batches() {
    for await (const { images } of readImages(inputs, { shape: vae.dataShape, count, batchSize }))
      yield images;
  }
  return { name: inputs.join(' '), size: count ?? 0, batches: batches() };
}

async function fromDataset(
  vae: VAE,
  { data, count }: Options,
  note: (text: string) => void,
): Promise<TestSet> {
  const { manifest, dataShape } = vae;
  const spec = data ?? manifest?.training?.dataset;
  if (spec === undefined) {
    throw new UsageError(
      'eval: the model does not say what it was trained on; add --data or images to judge on.',
    );
  }
  const { openDataset } = await import('@vae/trainer');
  // Drawn data sets depend on a seed: the one of the training keeps its test part apart from its training part.
  const { name, shape, test } = await openDataset(spec, {
    seed: manifest?.training?.seed ?? 0,
    onNote: note,
  });
  if (shape.join() !== dataShape.join()) {
    throw new UsageError(
      `--data ${spec} has images of ${shape.join(' × ')} (C × H × W), the model takes ${dataShape.join(' × ')}; choose another data set.`,
    );
  }
  if (test === undefined) throw new UsageError(`--data ${spec} has no test part; choose another data set.`);
  const size = Math.min(count ?? test.size, test.size);
  async function* batches() {
    for (let first = 0; first < size; first += batchSize) {
      const indices = Array.from({ length: Math.min(batchSize, size - first) }, (_, row) => first + row);
      const images = new Float32Array(indices.length * sizeOf(shape));
      await test!.read(indices, images);
      yield { data: images, shape: [indices.length, ...shape] };
    }
  }
  return { name: `${name} (test)`, size, batches: batches() };
}

function describe(
  { bound, standardError, reconstruction, kl, samples }: Evaluation,
  name: string,
  seed: number,
): string {
  const row = (label: string, value: number, rest = '') =>
    `${label.padEnd(16)}${value.toFixed(2).padStart(10)}${rest}`;
  const spread = Number.isNaN(standardError) ? '' : ` ± ${standardError.toFixed(2)}`;
  return [
    row('bound', bound, `${spread} nats per sample`),
    row('reconstruction', reconstruction),
    row('KL', kl),
    `${samples} samples of ${name}, one draw each (seed ${seed})`,
  ].join('\n');
}
