import * as v from 'valibot';
import { mixtureFault } from '../latent/mixture.js';
import { largestFloat } from '../values.js';

/** Name of the manifest in a model folder. */
export const MANIFEST_FILE = 'vae.json';

/** Version of the manifest that this package reads and writes. */
export const MANIFEST_VERSION = 1;

/** Most names of columns in a manifest, and most characters of one; models of more go without names. */
export const MAX_COLUMNS = 4096;
export const MAX_COLUMN_CHARACTERS = 200;

const largest = 2 ** 31 - 1;

const count = v.pipe(
  v.number(),
  v.check(
    (n) => Number.isInteger(n) && n >= 1 && n <= largest,
    'expected a whole number from 1 to 2147483647',
  ),
);
const whole = v.pipe(
  v.number(),
  v.check((n) => Number.isSafeInteger(n) && n >= 0, 'expected a whole number from 0 to 2^53 - 1'),
);
const finite = v.number();
const text = v.pipe(
  v.string(),
  v.check((value) => value.length >= 1 && value.length <= 500, 'expected 1 to 500 characters'),
);

const jsonObject = v.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

/** An object whose fields are all optional; the library alone would take an empty list for one. */
function fields<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(jsonObject, v.strictObject(entries));
}

const shape = v.pipe(
  v.array(count),
  v.check((sizes) => sizes.length >= 1 && sizes.length <= 8, 'expected 1 to 8 sizes'),
  v.check(
    (sizes) => sizes.reduce((size, length) => size * length, 1) <= largest,
    'expected fewer than 2^31 elements',
  ),
);

/**
 * A file beside the manifest: letters, digits, dot, dash and underscore, beginning with a letter or digit. So no
 * path, no drive, no URL, no hidden file, and no name that Windows gives to a device or shortens.
 */
const fileName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/,
    'expected a plain file name of letters, digits, ".", "_" and "-"',
  ),
  v.check(
    (name) => !name.endsWith('.') && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name),
    'expected a file name that every system accepts',
  ),
);

const file = v.strictObject({
  path: fileName,
  bytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')),
});

const range = v.pipe(
  v.strictTuple([finite, finite]),
  v.check(([low, high]) => low < high, 'expected the lower limit first'),
);

const sides = v.strictTuple([count, count]);

/** What was done to pictures of any size before training: turned upright as EXIF says, cut, scaled, cut again. */
const image = v.strictObject({
  /** 'cover': what sticks out of the item's proportions on two sides is cut off; 'fill': both sides scaled apart. */
  fit: v.picklist(['cover', 'fill']),
  /** [height, width] in the middle of the original of which alone something is used; all of it when left out. */
  window: v.optional(sides),
  /** [height, width] that pictures are scaled to, the middle of which is the item; the item's own when left out. */
  resized: v.optional(sides),
  /** How they are scaled: by the mean over each pixel's area, or as libvips does by Lanczos with three lobes. */
  kernel: v.picklist(['area', 'lanczos3']),
  /** Grey level behind transparent pixels. */
  background: v.pipe(
    v.number(),
    v.check((level) => Number.isInteger(level) && level >= 0 && level <= 255, 'expected a byte, 0 to 255'),
  ),
});

/** Different names, so that each finds one column of a table. */
const columnNames = v.pipe(
  v.array(v.string()),
  v.check(
    (names) =>
      names.length <= MAX_COLUMNS &&
      new Set(names).size === names.length &&
      names.every(({ length }) => length >= 1 && length <= MAX_COLUMN_CHARACTERS),
    `expected at most ${MAX_COLUMNS} different names of 1 to ${MAX_COLUMN_CHARACTERS} characters`,
  ),
);

const data = v.strictObject({
  kind: v.picklist(['image', 'vector', 'sequence', 'audio']),
  /** Shape of one item; images are [channels, height, width]. */
  shape,
  /** What the numbers of an item are called, in their order, where they come from a table with names. */
  columns: v.optional(columnNames),
  /** Lowest and highest value that the graphs take and give; absent: any finite value. */
  range: v.optional(range),
  preprocess: v.optional(
    fields({
      /** Inputs above the number become 1, others 0; 'dynamic': drawn anew while training, fed as they are here. */
      binarize: v.optional(v.union([finite, v.literal('dynamic')], 'expected a number or "dynamic"')),
      /** How values became the graphs': (value - offset) / scale, cut off at `clip`; one number per number of an item. */
      normalize: v.optional(
        v.strictObject({ offset: v.array(finite), scale: v.array(finite), clip: v.optional(range) }),
      ),
      /** How pictures became items of `shape`, whose first size tells colour (3) from luma (1). */
      image: v.optional(image),
    }),
  ),
});

const latent = v.variant('kind', [
  v.strictObject({ kind: v.literal('gaussian'), shape }),
  v.strictObject({ kind: v.literal('deterministic'), shape }),
  v.strictObject({ kind: v.literal('categorical'), shape }),
  v.strictObject({ kind: v.literal('vector-quantised'), shape, codes: count }),
]);

const spread = v.optional(
  v.custom<number | 'learned'>(
    (value) => value === 'learned' || (typeof value === 'number' && value > 0),
    'expected a number above 0 or "learned"',
  ),
);

const likelihood = v.variant('kind', [
  v.strictObject({ kind: v.picklist(['bernoulli', 'continuous-bernoulli']), output: v.literal('logits') }),
  v.strictObject({ kind: v.literal('gaussian'), output: v.literal('x'), variance: spread }),
  v.strictObject({ kind: v.literal('laplace'), output: v.literal('x'), scale: spread }),
  v.strictObject({ kind: v.literal('none'), output: v.optional(v.literal('x')) }),
]);

const perDimension = v.array(finite);

const prior = v.strictObject({
  kind: v.literal('standard-normal'),
  /** Mean, standard deviation and KL (nats) of the encoded training data, per latent dimension. */
  mean: v.optional(perDimension),
  std: v.optional(perDimension),
  kl: v.optional(perDimension),
  /** Gaussians fitted to the latents, to sample from; see `Mixture` in the latent tools. */
  mixture: v.optional(
    v.strictObject({
      weights: v.array(finite),
      mean: v.array(perDimension),
      cholesky: v.array(v.array(finite)),
    }),
  ),
});

const training = fields({
  recipe: v.optional(jsonObject),
  dataset: v.optional(text),
  seed: v.optional(whole),
  steps: v.optional(whole),
  engine: v.optional(text),
  device: v.optional(text),
  versions: v.optional(v.record(text, text)),
});

const numbers = v.pipe(jsonObject, v.record(text, finite));

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** One value for each number of an item or latent of that shape, where there are any. */
function fits(values: readonly unknown[] | undefined, shape: readonly number[]): boolean {
  return !values || values.length === sizeOf(shape);
}

function fitsNormalize({ shape, preprocess }: v.InferOutput<typeof data>): boolean {
  const { offset, scale } = preprocess?.normalize ?? {};
  const within = (numbers: readonly number[] = []) =>
    numbers.every((value) => Math.abs(value) <= largestFloat);
  return fits(offset, shape) && fits(scale, shape) && within(offset) && within(scale);
}

/** Whether pictures were made at least as large as the items that are cut out of them; only images can have been. */
function fitsImage({ kind, shape, preprocess }: v.InferOutput<typeof data>): boolean {
  if (!preprocess?.image) return true;
  const [height, width] = preprocess.image.resized ?? [shape[1]!, shape[2]!];
  return kind === 'image' && height >= shape[1]! && width >= shape[2]!;
}

/** What is wrong with the mixture; undefined for nothing, and where there is none. */
function faultOfMixture(model: {
  readonly prior?: v.InferOutput<typeof prior>;
  readonly latent: v.InferOutput<typeof latent>;
}): string | undefined {
  const mixture = model.prior?.mixture;
  return mixture && mixtureFault(mixture, sizeOf(model.latent.shape));
}

const onePerDimension = 'expected one value per latent dimension';

/** Schema (valibot) of `vae.json`, format version 1. Unknown fields are refused. */
export const manifestSchema = v.pipe(
  v.strictObject({
    format: v.literal('vae'),
    version: v.literal(MANIFEST_VERSION),
    name: text,
    license: v.optional(text),
    data,
    latent,
    likelihood,
    files: v.pipe(
      v.strictObject({ encoder: v.optional(file), decoder: v.optional(file) }),
      v.check((files) => Boolean(files.encoder ?? files.decoder), 'expected an encoder, a decoder or both'),
    ),
    prior: v.optional(prior),
    labels: v.optional(v.strictObject({ classes: v.optional(v.array(text)), conditional: v.boolean() })),
    training: v.optional(training),
    metrics: v.optional(
      fields({ train: v.optional(numbers), validation: v.optional(numbers), test: v.optional(numbers) }),
    ),
  }),
  v.forward(
    v.check(
      ({ data: { kind, shape } }) => kind !== 'image' || shape.length === 3,
      'expected [channels, height, width]',
    ),
    ['data', 'shape'],
  ),
  v.forward(
    v.check(({ data }) => fits(data.columns, data.shape), 'expected one name for each number of an item'),
    ['data', 'columns'],
  ),
  v.forward(
    v.check(
      ({ data }) => fitsNormalize(data),
      'expected one offset and one scale in normalize, both float32, for each number of an item',
    ),
    ['data', 'preprocess'],
  ),
  v.forward(
    v.check(
      ({ data }) => fitsImage(data),
      'expected image for images only, with resized no smaller than their shape',
    ),
    ['data', 'preprocess'],
  ),
  v.forward(
    v.check((model) => fits(model.prior?.mean, model.latent.shape), onePerDimension),
    ['prior', 'mean'],
  ),
  v.forward(
    v.check((model) => fits(model.prior?.std, model.latent.shape), onePerDimension),
    ['prior', 'std'],
  ),
  v.forward(
    v.check((model) => fits(model.prior?.kl, model.latent.shape), onePerDimension),
    ['prior', 'kl'],
  ),
  v.forward(
    v.check(
      (model) => faultOfMixture(model) === undefined,
      ({ input }) => faultOfMixture(input)!,
    ),
    ['prior', 'mixture'],
  ),
);

/** Contents of `vae.json`: what a model is, its files and their checksums, how it was made and how good it is. */
export type Manifest = v.InferOutput<typeof manifestSchema>;

/** How pictures of any size became the images that a model was trained on. */
export type ImagePreparation = v.InferOutput<typeof image>;
