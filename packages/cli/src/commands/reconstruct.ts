import type { Tensor } from '@vae/sdk/media';
import { grid, type Picture, stack } from '@vae/sdk/media';
import type { Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { outputFormat } from '../io/output-path.js';
import { readImages } from '../io/read-images.js';
import { imageFormats, writeImages } from '../io/write-images.js';
import { withModel } from '../model.js';
import {
  addCount,
  addFit,
  addModel,
  addOutput,
  type FitOptions,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';
import { concatenate, slice } from '../tensors.js';

interface Options extends ModelOptions, OutputOptions, FitOptions {
  readonly count?: number;
}

const pairsPerRow = 16;

export function setUp(command: Command, streams: Streams): void {
  addModel(command).argument('<inputs...>', 'PNG, JPEG or NPY files, or folders of them');
  addOutput(
    command,
    '.png (originals above reconstructions), or just the reconstructions: .gif, .npy, a folder',
  );
  addCount(command, 'how many of the inputs (default: all)');
  addFit(command);
  command.action(async (source: string, inputs: string[], options: Options) => {
    const { output, count, fit } = options;
    const format = outputFormat(output, imageFormats);
    await withModel(source, options, streams, async ({ vae, output: printer }) => {
      const originals: Tensor[] = [];
      const results: Tensor[] = [];
      for await (const { images } of readImages(inputs, { ...vae.data, count, fit })) {
        originals.push(images);
        results.push(await vae.reconstruct(images));
      }
      const [before, after] = [concatenate(originals), concatenate(results)];
      const text = await writeImages(after, { ...options, format, picture: () => pairs(before, after) });
      printer.result({ output, count: after.shape[0], device: vae.device }, text);
    });
  });
}

/** Bands of originals above their reconstructions. */
function pairs(originals: Tensor, reconstructions: Tensor): Picture {
  const count = originals.shape[0]!;
  const columns = Math.min(count, pairsPerRow);
  const bands: Picture[] = [];
  for (let from = 0; from < count; from += columns) {
    const band = (images: Tensor, caption: string) =>
      grid(slice(images, from, Math.min(from + columns, count)), { columns, caption });
    bands.push(band(originals, 'originals'), band(reconstructions, 'reconstructions'));
  }
  return stack(bands);
}
