import type { Tensor, VAE } from '@vae/sdk';
import { traverse } from '@vae/sdk/latent';
import { byInformation, codesOf } from '@vae/sdk/manifest';
import { grid } from '@vae/sdk/media';
import { parseNumber, parseWhole, parseWholeList, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { outputFormat } from '../io/output-path.js';
import { closedShape } from '../io/picture-view.js';
import { readInput } from '../io/read-inputs.js';
import { itemFormats, requireOutput, writeItems } from '../io/write-items.js';
import { type Session, withModel } from '../model.js';
import {
  addFit,
  addLabel,
  addModel,
  addOutput,
  decodedLabelOf,
  type FitOptions,
  type LabelOptions,
  labelOf,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';
import { concatenate, sizeOf, slice } from '../tensors.js';

interface Options extends ModelOptions, OutputOptions, FitOptions, LabelOptions {
  readonly dimensions?: number[];
  readonly range: number;
  readonly steps: number;
}

const shownByDefault = 10;

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .argument('[input]', 'image or row (rows.csv#3) to start from (default: the middle of the latent space)')
    .option(
      '--dimensions <list>',
      `latent dimensions, such as 0,3,5 (default: the ${shownByDefault} that carry most)`,
      parseWholeList('--dimensions', { min: 0 }),
    )
    .option('--range <x>', 'from -x to x, in standard deviations', parseNumber('--range', { min: 0 }), 3)
    .option('--steps <n>', 'images or rows per dimension', parseWhole('--steps', { min: 2, max: 1000 }), 9);
  addFit(command);
  addLabel(command);
  addOutput(
    command,
    '.png (a row per dimension), .gif, .npy, or a folder (a PNG each); of tables .csv or .npy',
  );
  command.action(async (source: string, input: string | undefined, options: Options) => {
    const { output, range, steps } = options;
    const format = outputFormat(output, itemFormats);
    await withModel(source, { ...options, inThread: true }, streams, async (session) => {
      const { vae, output: printer } = session;
      await requireOutput(vae, { ...options, format });
      const start = await startOf(session, input, options);
      const dimensions = chooseDimensions(vae, sizeOf(start.shape), options.dimensions);
      const lines = dimensions.map((dimension) =>
        traverse(start, { dimension, range: [-range, range], steps, ...codesOf(vae.manifest) }),
      );
      const images = await vae.decode(concatenate(lines), { label: decodedLabelOf(options, vae) });
      const text = await writeItems(vae, images, {
        ...options,
        format,
        picture: () => grid(images, { columns: steps }),
        // A frame holds one step of every dimension, side by side.
        frames: () =>
          Array.from({ length: steps }, (_, step) =>
            grid(everyNth(images, step, steps), { columns: dimensions.length }),
          ),
      });
      const result = { output, count: images.shape[0], dimensions, range, steps, device: vae.device };
      printer.result(result, `${text} Dimensions: ${dimensions.join(', ')}.`);
    });
  });
}

/** The dimensions asked for, or those with the largest KL on the training data, or spread of codes, most first. */
function chooseDimensions({ manifest }: VAE, size: number, wanted?: number[]): number[] {
  const beyond = wanted?.find((dimension) => dimension >= size);
  if (beyond !== undefined) {
    throw new UsageError(
      `--dimensions ${wanted}: there is no dimension ${beyond}; the model's are numbered 0 to ${size - 1}.`,
    );
  }
  if (wanted !== undefined) return wanted;
  return byInformation(manifest, size).slice(0, shownByDefault);
}

/** The mean of an image or row, or the middle of the prior, or of a plain autoencoder's codes; one latent. */
async function startOf(
  { vae, output }: Session,
  input: string | undefined,
  options: Options,
): Promise<Tensor> {
  if (input === undefined) {
    const shape = closedShape(vae.latentShape);
    const { mean } = codesOf(vae.manifest) ?? {};
    return { data: Float32Array.from(mean ?? new Float32Array(sizeOf(shape))), shape };
  }
  const data = await readInput(input, vae, { fit: options.fit, onNote: output.note });
  const { mean } = await vae.encode(data, { label: labelOf(options, vae) });
  return { data: mean.data, shape: mean.shape.slice(1) };
}

function everyNth(images: Tensor, first: number, step: number): Tensor {
  const picks: Tensor[] = [];
  for (let index = first; index < images.shape[0]; index += step) picks.push(slice(images, index, index + 1));
  return concatenate(picks);
}
