import type { Tensor } from '@vae/sdk/media';
import { grid } from '@vae/sdk/media';
import { parseChoice, parseWhole, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { readLatents } from '../io/latents.js';
import { outputFormat } from '../io/output-path.js';
import { readInput } from '../io/read-inputs.js';
import { itemFormats, requireOutput, writeItems } from '../io/write-items.js';
import { withModel } from '../model.js';
import {
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

interface Options extends ModelOptions, OutputOptions, FitOptions, LabelOptions {
  readonly steps: number;
  readonly method: 'linear' | 'slerp';
  readonly latent?: boolean;
}

const methods = ['linear', 'slerp'] as const;

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .argument(
      '<from>',
      'where the walk begins: an image file, or one item of a file: images.npy#3, rows.csv#3',
    )
    .argument('<to>', 'where it ends')
    .option('--steps <n>', 'frames, both ends included', parseWhole('--steps', { min: 2, max: 10_000 }), 16)
    .option(
      '--method <name>',
      `path through the latent space: ${methods.join(', ')}`,
      parseChoice('--method', methods),
      'linear',
    )
    .option('--latent', 'the two files are latents (.npy, .json, .csv), not data');
  addFit(command);
  addLabel(command);
  addOutput(command, '.gif, .png (a strip), .npy, or a folder (a PNG each); of tables .csv or .npy');
  command.action(async (source: string, from: string, to: string, options: Options) => {
    const { output, steps, method, latent, fit } = options;
    const format = outputFormat(output, itemFormats);
    await withModel(source, { ...options, inThread: true }, streams, async ({ vae, output: printer }) => {
      await requireOutput(vae, { ...options, format });
      const read = (path: string) =>
        latent ? readLatent(path, vae.latentShape) : readInput(path, vae, { fit, onNote: printer.note });
      const [a, b] = [await read(from), await read(to)];
      const settings = { steps, method, label: decodedLabelOf(options, vae) };
      const frames = await vae.interpolate(a, b, { ...settings, from: latent ? 'latent' : 'data' });
      const text = await writeItems(vae, frames, {
        ...options,
        format,
        picture: () => grid(frames, { columns: steps }),
      });
      printer.result({ output, count: steps, method, device: vae.device }, text);
    });
  });
}

async function readLatent(path: string, shape: readonly number[]): Promise<Tensor> {
  const latents = await readLatents(path, shape);
  if (latents.shape[0] === 1) return latents;
  const advice = path.endsWith('.npy')
    ? `choose one, such as "${path}#0"`
    : 'give a file of one, or a .npy file';
  throw new UsageError(`"${path}" holds ${latents.shape[0]} latents; ${advice}.`);
}
