import { manifold } from '@vae/sdk/latent';
import { codesOf } from '@vae/sdk/manifest';
import { grid } from '@vae/sdk/media';
import { counted, parseWhole, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { outputFormat } from '../io/output-path.js';
import { itemFormats, itemFormatsHelp, requireOutput, writeItems } from '../io/write-items.js';
import { withModel } from '../model.js';
import {
  addLabel,
  addModel,
  addOutput,
  decodedLabelOf,
  type LabelOptions,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';
import { sizeOf } from '../tensors.js';

interface Options extends ModelOptions, OutputOptions, LabelOptions {
  readonly count: number;
}

export function setUp(command: Command, streams: Streams): void {
  addModel(command);
  addOutput(command, itemFormatsHelp).option(
    '-n, --count <n>',
    'cells per side',
    parseWhole('-n', { min: 1, max: 1000 }),
    20,
  );
  addLabel(command);
  command.action(async (source: string, options: Options) => {
    const { output, count: side } = options;
    const format = outputFormat(output, itemFormats);
    await withModel(source, { ...options, inThread: true }, streams, async ({ vae, output: printer }) => {
      await requireOutput(vae, { ...options, format });
      const size = sizeOf(vae.latentShape);
      if (size !== 2) {
        throw new UsageError(
          `manifold: the latents of "${source}" have ${counted(size, 'dimension')}, a map needs 2; use "vae traverse" instead.`,
        );
      }
      const { data } = manifold({ rows: side, columns: side }, codesOf(vae.manifest));
      const z = { data, shape: [side * side, ...vae.latentShape] };
      const images = await vae.decode(z, { label: decodedLabelOf(options, vae) });
      const text = await writeItems(vae, images, {
        ...options,
        format,
        picture: () => grid(images, { columns: side, gap: 0 }),
      });
      printer.result({ output, count: images.shape[0], device: vae.device }, text);
    });
  });
}
