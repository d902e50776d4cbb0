import { TrainerError } from '../errors.js';
import { nearest } from '../text/nearest.js';
import type { DataSource, Dataset, OpenOptions } from './dataset.js';
import { sources } from './index.js';
import { specOfPath } from './spec-of-path.js';

/** `mnist:/data` → the source and its argument; `cifar10?flip` → the source and `?flip`. */
function parseSpec(spec: string): { source: DataSource; argument: string | undefined } {
  const end = spec.search(/[:?]/);
  const name = end < 0 ? spec : spec.slice(0, end);
  const argument = end < 0 ? undefined : spec.slice(spec[end] === ':' ? end + 1 : end);
  if (!Object.hasOwn(sources, name)) {
    const names = Object.keys(sources);
    const meant = specOfPath(spec);
    const best = meant ? undefined : nearest(name, names);
    throw new TrainerError(
      'bad-option',
      `There is no data set "${name}". ${meant ? `${meant} ` : ''}${best ? `Did you mean "${best}"? ` : ''}Known: ${names.join(', ')}.`,
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
 * @param options.seed 0 where it is left out, as a recipe's is
 * @throws TrainerError "bad-option" for a name that is not known; whatever the data set throws
 * @example const { train, test } = await openDataset('digits', { seed: 0 });
 */
export async function openDataset(spec: string, options: Partial<OpenOptions> = {}): Promise<Dataset> {
  const { source, argument } = parseSpec(spec);
  options.signal?.throwIfAborted();
  const dataset = await source.open(argument, { ...options, seed: options.seed ?? 0 });
  opened.add(dataset);
  return dataset;
}

const opened = new WeakSet<Dataset>();

/** Whether a data set is of a source here, of which reading an item gives the same every time; a caller's own may do anything. */
export const isOpened = (dataset: Dataset): boolean => opened.has(dataset);

/**
 * Channels, height and width of a data set that has one shape, without opening it.
 *
 * @throws TrainerError "bad-option"; also for data whose shape is in their files: see `readShape`
 */
export function datasetShape(spec: string): readonly [number, number, number] {
  const { source, argument } = parseSpec(spec);
  const shape = source.shape?.(argument);
  if (shape) return shape;
  throw new TrainerError(
    'bad-option',
    `"${spec}": its shape is known only once it is opened; use readShape.`,
  );
}

/**
 * Extents and range of the items of a data set; it is opened where that is the only way to know them.
 *
 * @param wanted.classes opens it in any case, for its classes
 * @throws TrainerError as `openDataset`
 * @example await readForm('csv:people.csv', { seed: 0 }) // { shape: [3], range: null }
 */
export async function readForm(
  spec: string,
  options: OpenOptions,
  wanted: { readonly classes?: boolean } = {},
): Promise<Pick<Dataset, 'shape' | 'range' | 'classes'>> {
  const { source, argument } = parseSpec(spec);
  const known = source.shape?.(argument);
  if (known && !wanted.classes) return { shape: known };
  const dataset = await source.open(argument, options);
  const { shape, range, classes } = dataset;
  await dataset.close?.();
  return { shape, range, ...(classes && { classes }) };
}

/**
 * Extents of an item of a data set; it is opened where that is the only way to know them.
 *
 * @throws TrainerError as `openDataset`
 * @example await readShape('images:photos?size=64') // [3, 64, 64]
 */
export async function readShape(spec: string, options: OpenOptions): Promise<readonly number[]> {
  return (await readForm(spec, options)).shape;
}
