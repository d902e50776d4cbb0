import type { Tensor } from '@vae/sdk/media';
import { grid, type Picture, stack } from '@vae/sdk/media';
import type { Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { outputFormat } from '../io/output-path.js';
import { inputsHelp, readInputs } from '../io/read-inputs.js';
import { itemFormats, requireOutput, writeItems } from '../io/write-items.js';
import { withModel } from '../model.js';
import {
  addCount,
  addFit,
  addLabel,
  addModel,
  addOutput,
  decodedLabelOf,
  type FitOptions,
  type LabelOptions,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';
import { concatenate, slice } from '../tensors.js';

interface Options extends ModelOptions, OutputOptions, FitOptions, LabelOptions {
  readonly count?: number;
}

const pairsPerRow = 16;

export function setUp(command: Command, streams: Streams): void {
  addModel(command).argument('<inputs...>', inputsHelp);
  addOutput(
    command,
    '.png (originals above reconstructions), or just the reconstructions: .gif, .npy, a folder; of tables .csv or .npy',
  );
  addCount(command, 'how many of the inputs (default: all)');
  addFit(command);
  addLabel(command);
  command.action(async (source: string, inputs: string[], options: Options) => {
    const { output, count, fit } = options;
    const format = outputFormat(output, itemFormats);
    await withModel(source, options, streams, async ({ vae, output: printer }) => {
      await requireOutput(vae, { ...options, format });
      const originals: Tensor[] = [];
      const results: Tensor[] = [];
      const reading = { count, fit, onNote: printer.note, unnamed: true };
      for await (const { items } of readInputs(inputs, vae, reading)) {
        originals.push(items);
        results.push(await vae.reconstruct(items, { label: decodedLabelOf(options, vae) }));
      }
      const [before, after] = [concatenate(originals), concatenate(results)];
      const text = await writeItems(vae, after, { ...options, format, picture: () => pairs(before, after) });
      printer.result({ output, count: after.shape[0], device: vae.device }, text);
    });
  });
}

/** Bands of originals above their reconstructions. */
function pairs(originals: Tensor, reconstructions: Tensor): Picture {
  const count = originals.shape[0];
  const columns = Math.min(count, pairsPerRow);
  const bands: Picture[] = [];
  for (let from = 0; from < count; from += columns) {
    const band = (images: Tensor, caption: string) =>
      grid(slice(images, from, Math.min(from + columns, count)), { columns, caption });
    bands.push(band(originals, 'originals'), band(reconstructions, 'reconstructions'));
  }
  return stack(bands);
}
