import { TrainerError } from '../errors.js';
import { nearest } from '../terminal/nearest.js';
import type { DataSource, Dataset, OpenOptions } from './dataset.js';
import { digits } from './digits.js';
import { mnist } from './mnist.js';

export type { DataSource, Dataset, OpenOptions, Split } from './dataset.js';
export { type Binarize, checkBinarize, describeLikelihoodInput, preprocess } from './preprocess.js';

/** The data sets that can be named, by what stands before the colon. */
export const sources = { digits, mnist } as const satisfies Record<string, DataSource>;

/** `mnist:/data` → the source and its argument. */
function parseSpec(spec: string): { source: DataSource; argument: string | undefined } {
  const colon = spec.indexOf(':');
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const argument = colon < 0 ? undefined : spec.slice(colon + 1);
  if (!Object.hasOwn(sources, name)) {
    const names = Object.keys(sources);
    const best = nearest(name, names);
    throw new TrainerError(
      'bad-option',
      `There is no data set "${name}". ${best ? `Did you mean "${best}"? ` : ''}Known: ${names.join(', ')}.`,
    );
  }
  const source: DataSource = sources[name as keyof typeof sources];
  if (argument === '') {
    throw new TrainerError('bad-option', `"${spec}": nothing follows the colon. Usage: ${source.usage}.`);
  }
  return { source, argument };
}

/**
 * Opens a data set by its name and, after a colon, what that data set takes as an argument.
 *
 * @param spec such as `digits`, `digits:64x64x3`, `mnist`, `mnist:/data/mnist`
 * @throws TrainerError "bad-option" for a name that is not known; whatever the data set throws
 * @example const { train, test } = await openDataset('digits', { seed: 0 });
 */
export async function openDataset(spec: string, options: OpenOptions): Promise<Dataset> {
  const { source, argument } = parseSpec(spec);
  options.signal?.throwIfAborted();
  return source.open(argument, options);
}

/**
 * Channels, height and width of a data set, without opening it.
 *
 * @throws TrainerError "bad-option"
 */
export function datasetShape(spec: string): readonly [number, number, number] {
  const { source, argument } = parseSpec(spec);
  return source.shape(argument);
}
