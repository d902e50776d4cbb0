import { MAX_COLUMN_CHARACTERS, MAX_COLUMNS, type Manifest } from '@vae/sdk/manifest';
import type { Dataset } from '../data/dataset.js';
import type { Compiled, State } from '../engines/engine.js';
import type { Programs } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';
import { packageVersions } from '../versions.js';

/** Terms by name, in nats per sample; null for one that does not exist for an objective. */
type Terms = Readonly<Record<string, number | null>>;

export interface Trained {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  readonly programs: Programs;
  readonly weights: State;
  /** Of the codes, per latent dimension; the KL to the prior is a mean, in nats. */
  readonly statistics: Record<'mean' | 'std' | 'kl', number[]>;
  /** Of the epoch whose weights these are. */
  readonly metrics: {
    readonly step: number;
    readonly train: Terms;
    readonly validation?: Terms;
    readonly test?: Terms;
  };
  readonly engine: string;
  readonly compiled: Pick<Compiled, 'device' | 'versions'>;
}

/** What is no number is left out: also a term that went beyond float32. */
const numbersOf = (metrics: Terms): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );

/** The recipe as it goes into a model: a folder of the machine that it was trained on is no part of it. */
const portable = ({ data, ...recipe }: Recipe, dataset: Dataset): Record<string, unknown> => ({
  ...recipe,
  data: { ...data, source: dataset.name },
});

/** Characters of a manifest's text. */
const MAX_TEXT = 500;

/** A name with many options, cut off; the recipe beside it has all of it. */
const inManifest = (name: string): string =>
  name.length > MAX_TEXT ? `${name.slice(0, MAX_TEXT - 1)}…` : name;

/** Characters of all names together: beside much longer text, a manifest would be too long to be read again. */
const MAX_NAMES_TEXT = 2 ** 19;

/** The names of a table's columns where there are some, and not more than a manifest holds. */
function namesOf({ columns, numbered }: Dataset): string[] | undefined {
  if (!columns || numbered || columns.length > MAX_COLUMNS) return undefined;
  if (columns.some(({ length }) => length > MAX_COLUMN_CHARACTERS)) return undefined;
  return JSON.stringify(columns).length > MAX_NAMES_TEXT ? undefined : [...columns];
}

/** What the model's inputs are, and what was done to the values and pictures that they came from. */
function describeData(dataset: Dataset, { data: { binarize } }: Recipe): Manifest['data'] {
  const { kind, shape, range = [0, 1], normalization, preparation } = dataset;
  const columns = namesOf(dataset);
  const { offset, scale, clip } = normalization ?? {};
  const normalize = offset &&
    scale && { offset: [...offset], scale: [...scale], ...(clip && { clip: [...clip] as [number, number] }) };
  const preprocess = {
    ...(binarize !== false && { binarize }),
    ...(normalize && { normalize }),
    ...(preparation && { image: preparation }),
  };
  return {
    kind,
    shape: [...shape],
    ...(columns && { columns }),
    ...(range && { range: [...range] as [number, number] }),
    ...(Object.keys(preprocess).length > 0 && { preprocess }),
  };
}

/** All of a model's manifest but what follows from its files. */
export function describeModel(trained: Trained): Omit<Manifest, 'files'> {
  const { recipe, dataset, programs, weights, statistics, metrics, engine, compiled } = trained;
  const { mean, std, kl } = statistics;
  const { latent } = programs.objective;
  const isConditional = recipe.model.conditional === true;
  return {
    format: 'vae',
    version: 1,
    name: recipe.name,
    data: describeData(dataset, recipe),
    latent: { kind: latent, shape: [recipe.model.latent] },
    likelihood: programs.likelihood.describe(weights),
    prior: { kind: 'standard-normal', mean, std, ...(latent === 'gaussian' && { kl }) },
    ...(dataset.classes && { labels: { classes: [...dataset.classes], conditional: isConditional } }),
    training: {
      recipe: portable(recipe, dataset),
      dataset: inManifest(dataset.name),
      seed: recipe.seed,
      steps: metrics.step,
      engine,
      device: compiled.device ?? 'cpu',
      versions: { ...packageVersions(), ...compiled.versions },
    },
    metrics: {
      train: numbersOf(metrics.train),
      ...(metrics.validation && { validation: numbersOf(metrics.validation) }),
      ...(metrics.test && { test: numbersOf(metrics.test) }),
    },
  };
}
