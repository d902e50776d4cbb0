import { counted, parseSeed, parseWhole, type Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { type Evaluation, evaluate } from '../evaluate.js';
import { inputsHelp } from '../io/read-inputs.js';
import { assertItems, readItems } from '../io/read-items.js';
import { withModel } from '../model.js';
import {
  addCount,
  addFit,
  addLabel,
  addModel,
  type FitOptions,
  type LabelOptions,
  labelsOfData,
  type ModelOptions,
} from '../options.js';

interface Options extends ModelOptions, FitOptions, LabelOptions {
  readonly data?: string;
  readonly count?: number;
  readonly seed: number;
  readonly draws?: number;
}

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .addHelpText('after', '\nOf a single sample there is no standard error; it is null in the JSON.')
    .argument('[inputs...]', `${inputsHelp}; in place of a data set`)
    .option(
      '--data <spec>',
      'data set whose test part is used, or all of one without: digits, mnist:DIR, csv:FILE (default: what the model was trained on)',
    )
    .option('--seed <n>', 'seed of the draws, one per sample', parseSeed('--seed'), 0)
    .option(
      '--draws <k>',
      'also estimate log p(x), by importance from k draws per sample, such as 100; decodes k times as much',
      parseWhole('--draws', { min: 1, max: 10_000 }),
    );
  addCount(command, 'how many samples (default: all)');
  addFit(command);
  addLabel(command, labelsOfData);
  command.action(async (source: string, inputs: string[], options: Options) => {
    const { seed, draws } = options;
    assertItems(inputs, options);
    await withModel(source, options, streams, async ({ vae, output, progress }) => {
      const set = await readItems(vae, inputs, options, {
        part: 'test',
        labelled: true,
        onNote: output.note,
      });
      const bar = progress('eval', set.size);
      const onBatch = (done: number) => bar.update({ done, fields: { samples: String(done) } });
      const result = await evaluate(vae, set.batches, { seed, draws, onBatch });
      bar.finish();
      output.result(
        { ...result, ...(draws && { draws }), data: set.name, seed, device: vae.device },
        describe(result, { name: set.name, seed, draws, of: vae.labels ? 'p(x|y)' : 'p(x)' }),
      );
    });
  });
}

function describe(
  { bound, standardError, reconstruction, kl, logLikelihood, samples }: Evaluation,
  { name, seed, draws, of }: { name: string; seed: number; draws?: number; of: string },
): string {
  const row = (label: string, value: number, rest = '') =>
    `${label.padEnd(16)}${value.toFixed(2).padStart(10)}${rest}`;
  const spread = Number.isNaN(standardError) ? '' : ` ± ${standardError.toFixed(2)}`;
  const unit = `${spread} nats per sample`;
  const judged = `${counted(samples, 'sample')} of ${name}`;
  if (bound === null || kl === null)
    return [row('reconstruction', reconstruction, unit), `${judged}; a plain autoencoder has no bound`].join(
      '\n',
    );
  return [
    row('bound', bound, unit),
    row('reconstruction', reconstruction),
    row('KL', kl),
    ...(logLikelihood === undefined
      ? []
      : [row(`log ${of}`, logLikelihood, `, by ${counted(draws!, 'draw')} each`)]),
    `${judged}, one draw each (seed ${seed})`,
  ].join('\n');
}
