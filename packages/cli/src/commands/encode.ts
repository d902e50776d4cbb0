import type { Tensor } from '@vae/sdk/media';
import { counted, requireWritable, type Streams, UsageError } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { type NamedLatents, writeLatents } from '../io/latents.js';
import { outputFormat } from '../io/output-path.js';
import { inputsHelp, readInputs } from '../io/read-inputs.js';
import { chooseSeed, noteSeed, type Session, withModel } from '../model.js';
import {
  addCount,
  addFit,
  addLabel,
  addModel,
  addSeed,
  type FitOptions,
  type LabelOptions,
  labelOf,
  type ModelOptions,
} from '../options.js';
import { concatenate } from '../tensors.js';

interface Options extends ModelOptions, FitOptions, LabelOptions {
  readonly output: string;
  readonly count?: number;
  readonly seed?: number;
  readonly sample?: boolean;
  readonly withLogvar?: boolean;
}

const formats = ['npy', 'npz', 'json', 'csv'] as const;

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .argument('<inputs...>', inputsHelp)
    .requiredOption('-o, --output <path>', 'what to write: .npy, .npz, .json or .csv')
    .option('--sample', 'draw from the posterior instead of taking its mean')
    .option('--with-logvar', 'write the log-variance too (.npz, .json, .csv)');
  addCount(command, 'how many of the inputs (default: all)');
  addFit(command);
  addLabel(command);
  addSeed(command);
  command.action(async (source: string, inputs: string[], options: Options) => {
    const { output, sample, withLogvar } = options;
    const format = outputFormat(output, formats);
    if (withLogvar && format === 'npy') {
      throw new UsageError(
        `--with-logvar writes two arrays and a .npy file holds one; use -o with .npz, .json or .csv.`,
      );
    }
    await requireWritable(output);
    await withModel(source, options, streams, async (session) => {
      const { kind } = session.vae.latent;
      if (withLogvar && kind !== 'gaussian') {
        throw new UsageError(
          `--with-logvar: the model's latents are ${kind} and come without a variance; leave it out.`,
        );
      }
      const { names, mean, logvar } = await encodeInputs(session, inputs, options);
      const seed = sample ? await chooseSeed(options.seed) : undefined;
      const drawn: NamedLatents =
        seed === undefined ? { mean } : { z: session.vae.reparameterize({ mean, logvar }, { seed }) };
      const latents: NamedLatents = withLogvar ? { ...drawn, mean, logvar } : drawn;
      await writeLatents(output, format, { names, latents });
      const count = names.length;
      const text = `Wrote ${output}: ${counted(count, 'latent')} of ${mean.shape.slice(1).join(' × ')}.`;
      noteSeed(options.seed, seed, session.output);
      session.output.result({ output, count, shape: mean.shape, seed, device: session.vae.device }, text);
    });
  });
}

/** Mean and log-variance of every input, batch by batch: only the latents stay in memory. */
async function encodeInputs({ vae, progress, output }: Session, inputs: string[], options: Options) {
  const { count, fit } = options;
  const label = labelOf(options, vae);
  const names: string[] = [];
  const means: Tensor[] = [];
  const logvars: Tensor[] = [];
  const bar = progress('encode', count ?? 0);
  // The other formats hold the names.
  const unnamed = /^np[yz]$/.test(outputFormat(options.output, formats));
  for await (const batch of readInputs(inputs, vae, { count, fit, onNote: output.note, unnamed })) {
    const { mean, logvar } = await vae.encode(batch.items, { label });
    names.push(...batch.names);
    means.push(mean);
    logvars.push(logvar);
    bar.update({ done: names.length, fields: { items: String(names.length) } });
  }
  bar.finish();
  return { names, mean: concatenate(means), logvar: concatenate(logvars) };
}
