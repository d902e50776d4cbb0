import { parseChoice, parseNumber, type Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { hasPrior } from '../has-prior.js';
import { outputFormat } from '../io/output-path.js';
import { itemFormats, itemFormatsHelp, requireOutput, writeItems } from '../io/write-items.js';
import { chooseSeed, noteSeed, withModel } from '../model.js';
import {
  addCount,
  addLabel,
  addModel,
  addOutput,
  addSeed,
  addTemperature,
  decodedLabelOf,
  type LabelOptions,
  type ModelOptions,
  type OutputOptions,
} from '../options.js';

const samplers = ['prior', 'mixture'] as const;

interface Options extends ModelOptions, OutputOptions, LabelOptions {
  readonly count: number;
  readonly seed?: number;
  readonly temperature: number;
  readonly truncation?: number;
  readonly sampler: (typeof samplers)[number];
}

const withoutPrior =
  'A plain autoencoder has no prior: draws from N(0, 1) may lie far from all of its codes. Fit a mixture to them with ' +
  'vae fit, and add --sampler mixture.';

export function setUp(command: Command, streams: Streams): void {
  addModel(command);
  addOutput(command, itemFormatsHelp);
  addCount(command, 'how many images or rows', 16);
  addSeed(command);
  addLabel(command);
  addTemperature(command)
    .option(
      '--truncation <x>',
      'draw noise that is further than this from 0 again: fewer odd items, less variety (default: none)',
      parseNumber('--truncation', { min: 0.01, max: 1000 }),
    )
    .option(
      '--sampler <name>',
      'what to draw from: prior, or the mixture that vae fit has fitted',
      parseChoice('--sampler', samplers),
      'prior',
    );
  command.action(async (source: string, options: Options) => {
    const { output, count, temperature, truncation, sampler } = options;
    const format = outputFormat(output, itemFormats);
    await withModel(source, { ...options, inThread: true }, streams, async (session) => {
      await requireOutput(session.vae, { ...options, format });
      const seed = await chooseSeed(options.seed);
      const label = decodedLabelOf(options, session.vae);
      const items = await session.vae.sample(count, { seed, temperature, truncation, sampler, label });
      const text = await writeItems(session.vae, items, { ...options, format });
      const { latent, manifest } = session.vae;
      if (sampler === 'prior' && !hasPrior(latent.kind, manifest?.prior)) session.output.note(withoutPrior);
      noteSeed(options.seed, seed, session.output);
      const settings = { seed, temperature, truncation, sampler, label, device: session.vae.device };
      session.output.result({ output, count, ...settings }, text);
    });
  });
}
