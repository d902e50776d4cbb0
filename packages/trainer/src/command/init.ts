import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { stdin } from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { DataSource, Dataset, OpenOptions } from '../data/dataset.js';
import { sources } from '../data/index.js';
import { openDataset, readForm } from '../data/open.js';
import { optionsOf, withOptions } from '../data/spec-options.js';
import { adviseScale } from '../data/tables/advise.js';
import { TrainerError } from '../errors.js';
import { objectives } from '../objectives/index.js';
import { type Draft, draftInput, epochsFor, FEW_SAMPLES, latentFor, stepsFor } from '../recipe/draft.js';
import { formatJson } from '../recipe/format.js';
import { parseRecipe } from '../recipe/recipe.js';
import { requireClasses } from '../run/require-classes.js';
import {
  atomicWrite,
  createOutput,
  type Output,
  parseChoice,
  parseWhole,
  type Streams,
  UsageError,
} from '../terminal/index.js';
import { counted } from '../text/counted.js';
import { quote } from '../text/quote.js';

const SCHEMA = './node_modules/@vae/trainer/recipe.schema.json';
const objectiveNames = Object.keys(objectives) as (keyof typeof objectives)[];

interface InitFlags {
  readonly data?: string;
  readonly latent?: number;
  readonly conditional?: boolean;
  readonly objective?: keyof typeof objectives;
  readonly epochs?: number;
  readonly steps?: number;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train init` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  command
    .argument('[file]', 'the recipe file', 'recipe.json')
    .option('--data <spec>', 'the data set, such as images:photos?size=64')
    .option('--latent <n>', 'size of the latent vector', parseWhole('--latent', { min: 1, max: 65_536 }))
    .option(
      '--conditional',
      'give the networks the class of a sample, so that the decoder draws the class it is asked for',
    )
    .option('--objective <name>', objectiveNames.join(', '), parseChoice('--objective', objectiveNames))
    .option('--epochs <n>', 'passes over the training data', parseWhole('--epochs', { min: 1 }))
    .option('--steps <n>', 'updates in all, in place of --epochs', parseWhole('--steps', { min: 1 }))
    .option('--overwrite', 'replace the file')
    .option('--json', 'end with one JSON object on stdout')
    .action((file: string, flags: InitFlags) => run(file, flags, streams));
}

/** Answers from a terminal; without one the defaults. */
type Ask = (question: string, fallback: string) => Promise<string>;

async function withQuestions<T>(streams: Streams, work: (ask: Ask) => Promise<T>): Promise<T> {
  if (!stdin.isTTY) return work(async (_, fallback) => fallback);
  const terminal = createInterface({ input: stdin, output: streams.stderr });
  try {
    return await work(
      async (question, fallback) =>
        (await terminal.question(`${question} (${fallback}): `)).trim() || fallback,
    );
  } finally {
    terminal.close();
  }
}

/** What the flags leave open is asked, by data that have been looked at: their form decides what is proposed. */
async function decide(flags: InitFlags, output: Output, ask: Ask) {
  const given = flags.data ?? (await ask(`data set (${Object.keys(sources).join(', ')})`, 'digits'));
  const data = await look(given, flags, output);
  const whole = async (name: string, question: string, proposed: number) =>
    parseWhole(name, { min: 1, max: 65_536 })(await ask(question, String(proposed)));
  const latent =
    flags.latent ?? (await whole('latent size', 'size of the latent vector', latentFor(data.shape)));
  const objective =
    flags.objective ??
    parseChoice('objective', objectiveNames)(await ask(`objective (${objectiveNames.join(', ')})`, 'elbo'));
  const { steps, conditional } = flags;
  // Where the steps are given there is nothing left to ask.
  const isOpen = steps === undefined && flags.epochs === undefined;
  const epochs = isOpen ? await whole('epochs', 'epochs', epochsFor(data)) : flags.epochs;
  return { ...data, latent, conditional, objective, epochs, steps };
}

/** A recipe's name from its file's: small letters, digits and dashes. */
const nameOf = (file: string): string =>
  basename(file)
    .replace(/\.json$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64) || 'recipe';

/** What the data sets of a spec's kind are like; undefined for an unknown kind. */
const sourceOf = (spec: string): DataSource | undefined =>
  (sources as Readonly<Record<string, DataSource>>)[spec.split(/[:?]/)[0]];

/** Data as the spec says, or, where training would refuse some items, without those and with a note. */
async function openUsable(spec: string, options: OpenOptions): Promise<{ dataset: Dataset; source: string }> {
  try {
    return { dataset: await openDataset(spec, options), source: spec };
  } catch (error) {
    const known = sourceOf(spec)?.options;
    const isChosen = optionsOf(spec).some((option) => option.startsWith('bad='));
    const canSkip = error instanceof TrainerError && error.code === 'bad-data' && known && 'bad' in known;
    if (!canSkip || isChosen) throw error;
    const source = withOptions(spec, { bad: 'skip' });
    const dataset = await openDataset(source, options).catch(() => {
      throw error;
    });
    options.onNote?.(`The recipe therefore trains on ${quote(source)}.`);
    return { dataset, source };
  }
}

/**
 * Shape, range and number of training samples, and the source with the scaling that it needs; data whose shape their name
 * tells have thousands of samples and classes, and stay unopened.
 */
async function look(
  given: string,
  { conditional }: Pick<InitFlags, 'conditional'>,
  output: Output,
): Promise<Pick<Draft, 'source' | 'shape' | 'range' | 'samples'>> {
  const options = { seed: 0, onNote: output.note };
  if (sourceOf(given)?.shape) return { source: given, ...(await readForm(given, options)) };
  const { dataset, source } = await openUsable(given, options);
  await dataset.close?.();
  requireClasses({ model: { conditional } }, dataset);
  const { shape, range, train } = dataset;
  const scale = adviseScale(dataset, source);
  if (!scale?.spec) {
    if (scale) output.note(`Note that ${scale.reason}. ${SCALE}`);
    return { source, shape, range, samples: train.size };
  }
  output.note(`Note that ${scale.reason}. The recipe therefore trains on ${quote(scale.spec)}.`);
  return { source: scale.spec, shape: [scale.size], range: null, samples: train.size };
}

const SCALE =
  'Numbers that never change stand in the way of normalize=standard; leave them out, then add it.';
const FEW =
  'the model may learn them by heart; watch the validation bound in the report, and add data or --patience if it falls.';

function describeLength({ epochs, steps, samples }: Pick<Draft, 'epochs' | 'steps' | 'samples'>): string {
  if (steps !== undefined) return `steps ${steps}`;
  return `epochs ${epochs}${samples === undefined ? '' : `, steps ${epochs! * stepsFor(samples)}`}`;
}

async function run(file: string, flags: InitFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  if (!file.endsWith('.json')) throw new UsageError(`init: "${file}" must end in .json.`);
  if (existsSync(file) && !flags.overwrite)
    throw new UsageError(`init: ${file} is there already. Add --overwrite, or give another name.`);
  const draft = await withQuestions(streams, (ask) => decide(flags, output, ask));
  const { source, shape, samples, latent, conditional, epochs, steps } = draft;
  if (samples !== undefined && samples < FEW_SAMPLES)
    output.note(`Only ${counted(samples, 'training sample')}: ${FEW}`);
  const recipe = draftInput({ name: nameOf(file), ...draft });
  parseRecipe(recipe, 'the drafted recipe');
  await atomicWrite(file, `${formatJson({ $schema: SCHEMA, ...recipe })}\n`);
  output.result(
    { file, source, shape, samples, latent, conditional, epochs, steps },
    `Wrote ${file} for data of shape ${shape.join('×')}: latent size ${latent}, ${describeLength(draft)}. Train with: vae-train ${quote(file)}`,
  );
}
