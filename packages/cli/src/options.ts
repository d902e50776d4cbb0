import type { Device, VAE } from '@vae/sdk';
import {
  parseChoice,
  parseFolder,
  parseNumber,
  parseSeed,
  parseText,
  parseWhole,
  UsageError,
} from '@vae/trainer/terminal';
import { type Command, Option } from 'commander';
import { classesText } from './class-names.js';

/** What every command that runs a model can be told. */
export interface ModelOptions {
  /** The SDK knows which there are, and refuses others. */
  readonly device: Device;
  readonly threads?: number;
  /** Of a conditional model of others: how many, or their names. */
  readonly classes?: number | readonly string[];
  readonly json?: boolean;
}

/** What every command that writes pictures or arrays can be told. */
export interface OutputOptions {
  readonly output: string;
  readonly overwrite?: boolean;
}

const parseModel = parseText('<model>', 'a model folder or the name of a bundled model');

/** Adds `<model>`, the first argument of every command that runs one. */
export function addModel(command: Command): Command {
  return command
    .argument(
      '<model>',
      'model folder or run folder, URL, hf:owner/name, or the name of a bundled model such as mnist-conv',
      parseModel,
    )
    .option('--device <name>', 'where to run: auto, cpu, cuda, webgpu, coreml, dml or wasm', 'auto')
    .option('--threads <n>', 'threads of the CPU runtime', parseWhole('--threads', { min: 1, max: 1024 }))
    .option(
      '--classes <list>',
      'of a conditional model without a vae.json, whose files do not say it: how many classes, or their names (10, or cat,dog)',
      parseClasses,
    )
    .option('--json', 'print one JSON object on stdout, everything else on stderr');
}

/** A number, or names with commas between them. */
function parseClasses(text: string): number | readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.length === 1) return parseWhole('--classes', { min: 1, max: 1_000_000 })(text);
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new UsageError(
    `--classes "${text}": ${twice === '' ? 'a name is empty' : `"${twice}" is there twice`}.`,
  );
}

/** Adds `<model>` of a command that needs its files. */
export function addModelFolder(command: Command): Command {
  const help = 'model folder or run folder of vae-train, or the name of a bundled model';
  return command.argument('<model>', help, parseModel);
}

/** Adds `-o`, with the formats that the command writes. */
export function addOutput(command: Command, formats: string): Command {
  return command
    .requiredOption('-o, --output <path>', `what to write: ${formats}`)
    .option('--overwrite', 'replace the numbered pictures in an output folder that is not empty');
}

/** Adds `-o` and `--overwrite` of a command that writes a folder of a kind of its own. */
export function addFolder(command: Command, help: { readonly output: string; readonly overwrite: string }) {
  return command
    .option('-o, --output <folder>', help.output, parseFolder('-o'))
    .option('--overwrite', help.overwrite);
}

/** What every command that reads pictures can be told. */
export interface FitOptions {
  readonly fit?: (typeof fits)[number];
}

const fits = ['exact', 'cover', 'contain', 'fill'] as const;

/** Adds `--fit`, for pictures of other sizes than the model's. */
export function addFit(command: Command): Command {
  return command.option(
    '--fit <name>',
    'pictures of another size: cover cuts off what is over, contain leaves borders, fill scales both sides apart, exact refuses them (default: as in training, where the model says how; else exact)',
    parseChoice('--fit', fits),
  );
}

/** Adds `--seed`; without it a seed is drawn and printed. */
export function addSeed(command: Command): Command {
  return command.option(
    '--seed <n>',
    'repeat everything random (default: a new one, printed)',
    parseSeed('--seed'),
  );
}

export function addTemperature(command: Command): Command {
  return command.option(
    '--temperature <x>',
    'how far from the mean to draw; 1 is the model itself, 0 the mean',
    parseNumber('--temperature', { min: 0, max: 1000 }),
    1,
  );
}

/** What every command that runs a conditional model can be told. */
export interface LabelOptions {
  /** A class by name or number; `labelOf` tells which. */
  readonly label?: string;
}

/** What the help says of labels where a data set has them. */
export const labelsOfData = 'in place of the labels of a data set';

/** Adds `--label`, one class for all items. */
export function addLabel(command: Command, more?: string): Command {
  const help = 'class of all items, by name or number, for models that are conditioned on classes';
  return command.option(
    '--label <class>',
    more === undefined ? help : `${help}; ${more}`,
    parseText('--label', 'a class, by its name or its number'),
  );
}

/**
 * The class that the command line names: by a name that the model has, else by its number.
 *
 * @throws UsageError for a number that is none of the names where classes are called by numbers: as the place of a class it
 * would mean another one than it says
 */
export function labelOf(
  { label }: LabelOptions,
  { labels, name }: Pick<VAE, 'labels' | 'name'>,
): string | number | undefined {
  if (label === undefined || !isWhole(label) || labels?.classes?.includes(label)) return label;
  if (!labels?.classes?.some(isWhole)) return Number(label);
  throw new UsageError(
    `--label ${label} is no class of ${name}, which has ${classesText(labels)}. Its classes are called by numbers: give one as ` +
      'it stands there.',
  );
}

const isWhole = (text: string): boolean => /^\d+$/.test(text);

/**
 * The same, for what is decoded; undefined for models without labels alone.
 *
 * @throws UsageError where a conditional model is told no class, or one as above
 */
export function decodedLabelOf(
  options: LabelOptions,
  vae: Pick<VAE, 'labels' | 'name'>,
): string | number | undefined {
  if (options.label !== undefined || vae.labels?.count === undefined) return labelOf(options, vae);
  throw new UsageError(
    `${vae.name} is conditioned on labels and got none. Say with --label which class is to be decoded; it has ` +
      `${classesText(vae.labels)}.`,
  );
}

/** Adds `-n`, how many; at least one. */
export function addCount(command: Command, description: string, preset?: number): Command {
  const option = new Option('-n, --count <n>', description).argParser(
    parseWhole('-n', { min: 1, max: 1_000_000 }),
  );
  return command.addOption(preset === undefined ? option : option.default(preset));
}
