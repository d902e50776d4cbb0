import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import type { ForeignLabels } from './label.js';
import { type Spread, spreads } from './spread.js';

/** What the graphs of others do not say about themselves. Each is needed only where an error asks for it. */
export interface ForeignOptions {
  /** Order of the axes in the file and in the caller's arrays; nothing is transposed. */
  readonly layout?: 'nchw' | 'nhwc' | 'flat';
  /** What the decoder gives: the expected value, or logits of it. */
  readonly output?: 'mean' | 'logits';
  readonly latent?: ForeignLatent;
  /**
   * Lowest and highest value of the data: the bytes 0 and 255 of an image, and arrays outside it are refused. When left
   * out: [-1, 1] for diffusers and for decoders that end in a tanh, else [0, 1] for images and any value in arrays.
   */
  readonly range?: readonly [number, number];
  /** What the data were thought to be distributed like given a latent, for `anomalyScore`. */
  readonly likelihood?:
    | { readonly kind: 'bernoulli' }
    | { readonly kind: 'gaussian'; readonly variance: number };
  /** Of a conditional model: which second input is for labels, and what classes there are. */
  readonly labels?: ForeignLabels;
  /** The model's name; otherwise that of its folder. */
  readonly name?: string;
  /** Take weights from files beside the graph. Only plain names in the graph's own folder are read. */
  readonly externalData?: boolean;
}

export interface ForeignLatent {
  /** What the encoder's output is: a mean and a log-variance, a plain code, or a draw made inside the graph. */
  readonly kind?: 'gaussian' | 'deterministic' | 'sampled';
  /**
   * Shape of one latent, in the file's order; -1 is any size. It also says along which axis a mean and a log-variance
   * lie side by side: where the output has twice its size.
   */
  readonly shape?: readonly number[];
  /** The encoder's output that holds the means (or the codes, or the draws). */
  readonly mean?: string;
  /** The one that holds the log-variances; the same name as `mean` where both lie side by side. */
  readonly logvar?: string;
  /**
   * What that one holds instead of log-variances: standard deviations, their logarithms, or variances. Needed where
   * its name says something else than what it holds, or says one of these.
   */
  readonly spread?: Spread;
  /** Pixels per latent along height and width, 1 to 4096; `tile` asks for it where the graphs leave the sizes open. */
  readonly factor?: number;
}

const parts = ['manifest', 'encoder', 'decoder', 'config'] as const;
type Part = (typeof parts)[number];

const layouts = ['nchw', 'nhwc', 'flat'];
const outputs = ['mean', 'logits'];
const kinds = ['gaussian', 'deterministic', 'sampled'];

/**
 * A source of files, after a look for other names than theirs: a half that is misspelt would be left out.
 *
 * @throws VaeError "bad-option" naming the nearest one
 */
export function halvesOf<S extends { readonly [name in Part]?: unknown }>(source: S): S {
  return optionsOf(source, 'VAE.load', parts);
}

/**
 * Options as far as they are about models of others, after a check of each.
 *
 * @throws VaeError "bad-option" naming the option and what it may be
 */
export function foreignOptions(given: ForeignOptions): ForeignOptions {
  const { layout, output, latent, range, likelihood, labels, name, externalData } = given;
  check('layout', layout, oneOf(layouts), choices(layouts));
  check('output', output, oneOf(outputs), choices(outputs));
  check('range', range, isRange, 'two numbers, the lower one first');
  check('likelihood', likelihood, isLikelihood, "{ kind: 'bernoulli' } or { kind: 'gaussian', variance }");
  check('name', name, isText, 'text');
  check('externalData', externalData, (value) => typeof value === 'boolean', 'true or false');
  check('latent', latent, isObject, 'an object');
  optionsOf(latent, 'latent', ['kind', 'shape', 'mean', 'logvar', 'spread', 'factor']);
  check('latent.kind', latent?.kind, oneOf(kinds), choices(kinds));
  check('latent.shape', latent?.shape, isShape, 'a list of whole numbers above 0, or -1 for any size');
  check('latent.mean', latent?.mean, isText, "the name of one of the encoder's outputs");
  check('latent.logvar', latent?.logvar, isText, "the name of one of the encoder's outputs");
  check('latent.spread', latent?.spread, oneOf(spreads), choices(spreads));
  check('latent.factor', latent?.factor, isFactor, 'a whole number from 1 to 4096');
  check('labels', labels, isObject, 'an object');
  optionsOf(labels, 'labels', ['input', 'classes']);
  check('labels.input', labels?.input, isText, 'the name of an input');
  check('labels.classes', labels?.classes, areClasses, 'how many there are, or a list of different names');
  if (latent?.logvar !== undefined && latent.mean === undefined) {
    throw new VaeError(
      'bad-option',
      "latent.logvar was given alone; name the means' output in latent.mean too.",
    );
  }
  return { layout, output, latent, range, likelihood, labels, name, externalData };
}

function check(option: string, value: unknown, fits: (value: unknown) => boolean, expected: string): void {
  if (value === undefined || fits(value)) return;
  throw new VaeError('bad-option', `${option} is ${asJson(value)}, expected ${expected}.`);
}

function asJson(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 100);
  } catch {
    return `a ${typeof value}`;
  }
}

const oneOf = (values: readonly string[]) => (value: unknown) => values.includes(value as string);

const choices = (values: readonly string[]) => values.map((value) => `'${value}'`).join(' or ');

const isText = (value: unknown) => typeof value === 'string' && value !== '';

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isFinite)) return false;
  return value[0] < value[1];
}

function isShape(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > 8) return false;
  return value.every((size) => Number.isInteger(size) && (size === -1 || (size > 0 && size < 2 ** 31)));
}

function areClasses(value: unknown): boolean {
  if (!Array.isArray(value))
    return Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31;
  return value.length > 0 && value.every(isText) && new Set(value).size === value.length;
}

function isFactor(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 4096;
}

function isLikelihood(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, variance } = value as { kind?: unknown; variance?: unknown };
  if (kind === 'bernoulli') return true;
  return kind === 'gaussian' && Number.isFinite(variance) && (variance as number) > 0;
}
