import { encodeNpy, type Tensor } from '@vae/sdk/media';
import { atomicWrite, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { readLatents } from '../io/latents.js';
import { outputFormat } from '../io/output-path.js';
import { describeItems, itemFormats, itemFormatsHelp, requireOutput, writeItems } from '../io/write-items.js';
import { withModel } from '../model.js';
import {
  addCount,
  addLabel,
  addModel,
  addOutput,
  decodedLabelOf,
  type LabelOptions,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';
import { slice } from '../tensors.js';

interface Options extends ModelOptions, OutputOptions, LabelOptions {
  readonly count?: number;
  readonly logits?: boolean;
}

export function setUp(command: Command, streams: Streams): void {
  addModel(command).argument(
    '<latents>',
    'a .npy, .npz, .json or .csv file of latents, such as encode writes',
  );
  addOutput(command, itemFormatsHelp).option('--logits', 'write the logits, not the values (.npy)');
  addCount(command, 'how many of the latents (default: all)');
  addLabel(command);
  command.action(async (source: string, latents: string, options: Options) => {
    const { output, logits } = options;
    const format = outputFormat(output, itemFormats);
    if (logits && format !== 'npy')
      throw new UsageError(`--logits are no picture; use -o with .npy, not "${output}".`);
    await withModel(source, options, streams, async ({ vae, output: printer }) => {
      await requireOutput(vae, { ...options, format });
      const all = await readLatents(latents, vae.latentShape);
      const z = slice(all, 0, Math.min(options.count ?? all.shape[0], all.shape[0]));
      const count = z.shape[0];
      const decoded = await vae.decode(z, { logits, label: decodedLabelOf(options, vae) });
      const text = logits
        ? await writeLogits(output, decoded, describeItems(vae, count))
        : await writeItems(vae, decoded, { ...options, format });
      printer.result({ output, count, device: vae.device }, text);
    });
  });
}

async function writeLogits(output: string, logits: Tensor, what: string): Promise<string> {
  await atomicWrite(output, encodeNpy(logits));
  return `Wrote ${output}: the logits of ${what}.`;
}
