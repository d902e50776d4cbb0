import type { ImagePreparation } from '@vae/sdk/manifest';
import { TrainerError } from '../errors.js';
import type { OptionParsers } from './spec.js';

/** One part of a data set; items are float32, one after the other. */
export interface Split {
  /** How many items there are. */
  readonly size: number;
  /**
   * Writes the items with these indices, one after the other, to the start of `out`.
   *
   * @param indices whole numbers in 0..size − 1, in any order, repeats allowed
   * @param out room for at least `indices.length` items
   * @param visit given while training: data that are varied at random (flips, crops) draw from (seed, visit, index).
   *   Left out, items come as they are, the same every time
   * @throws TrainerError "bad-option" for an index outside the part, "bad-shape" for an `out` that is too small,
   *   "bad-file" or "bad-data" for a file that cannot be read or holds what it must not
   */
  read(indices: ArrayLike<number>, out: Float32Array, visit?: number): void | Promise<void>;
  /** Where an item stands in its file, counted from 0 with what was left out; left out for what has no such order. */
  place?(index: number): number;
  /** The class of an item, an index into the data set's `classes`; every part has it that a conditional recipe is given. */
  label?(index: number): number;
}

/** What was done to the values of each dimension: x = (value − offset) / scale. */
export interface Normalization {
  /** One number per dimension. */
  readonly offset: readonly number[];
  /** One number above 0 per dimension. */
  readonly scale: readonly number[];
  /** x below the first or above the second became that; left out: nothing was cut off. */
  readonly clip?: readonly [low: number, high: number];
}

/** What the numbers of the training items are like in their own units, one entry for each number of an item. */
export interface ColumnStatistics {
  readonly min: ArrayLike<number>;
  readonly max: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  /** Standard deviation of the items themselves (divided by their number). */
  readonly std: ArrayLike<number>;
  /** Items, of all parts, that were left out because this number is missing, not finite or out of range. */
  readonly missing: ArrayLike<number>;
}

const KINDS = ['image', 'vector', 'audio'] as const;

/** Items to train and judge a model on. The test part is never trained on. */
export interface Dataset {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** Extents of one item; an image has channels, height, width. */
  readonly shape: readonly number[];
  /** Lowest and highest value; [0, 1] when left out, null for any finite number. */
  readonly range?: readonly [low: number, high: number] | null;
  /** What the numbers of a vector are called. */
  readonly columns?: readonly string[];
  /** The source has no names: `columns` says where the numbers stand in it. */
  readonly numbered?: boolean;
  /** Left out where nothing was measured, as of images whose bytes are taken as they are. */
  readonly statistics?: ColumnStatistics;
  /** Items, of all parts, that were left out as `bad=skip` says. */
  readonly leftOut?: number;
  /** How values became what `read` gives; left out where they are as they were. */
  readonly normalization?: Normalization;
  /** How image files became items, for a model to do the same; left out where items are no image files. */
  readonly preparation?: ImagePreparation;
  readonly classes?: readonly string[];
  readonly train: Split;
  /** Left out where there is none; an empty part is refused. */
  readonly test?: Split;
  /** Where it came from, in words for a reader. */
  readonly source: string;
  /** Lets go of files and threads. Nothing can be read afterwards. */
  close?(): Promise<void>;
}

/** What opening any data set may use. */
export interface OpenOptions {
  /** Decides everything random about the data set itself. */
  seed: number;
  /** Where downloads are kept; else `$VAE_CACHE`, `$XDG_CACHE_HOME/vae` or `~/.cache/vae`. */
  cacheDir?: string;
  signal?: AbortSignal;
  /** Called while a file is downloaded; sizes in bytes. */
  onProgress?(p: { file: string; loaded: number; total?: number }): void;
  /** Called with a sentence that a user should see, such as that a damaged file is fetched again. */
  onNote?(note: string): void;
  /**
   * Given where rows are read for a model, not to train one: columns are found by the names that the model has for
   * them, others are passed over with a note, and a first line of numbers alone is a row.
   */
  model?: { readonly columns?: readonly string[] };
  /** Leave out what `bad=skip` leaves out: for a look at data that may have to be mended first. */
  lenient?: boolean;
  /** Used in place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** An entry of the registry: how a data set is named, described and opened. */
export interface DataSource {
  readonly summary: string;
  readonly usage: string;
  /** Options behind the question mark, for the documentation. */
  readonly options?: OptionParsers;
  /** Extents of an item where they are known without opening anything. */
  shape?(argument: string | undefined): readonly [number, number, number];
  /** @param argument what follows the name and a colon, if anything does; begins with `?` where options follow the name */
  open(argument: string | undefined, options: OpenOptions): Promise<Dataset>;
}

/** Byte to grey value: byte / 255 as float32. */
export const grey: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Writes bytes as grey values, from a place on. */
export function writeGreys(bytes: Uint8Array, out: Float32Array, at: number): void {
  const table = grey;
  const fours = bytes.length - (bytes.length % 4);
  // Four at a time take two thirds of the time.
  for (let p = 0; p < fours; p += 4) {
    out[at + p] = table[bytes[p]];
    out[at + p + 1] = table[bytes[p + 1]];
    out[at + p + 2] = table[bytes[p + 2]];
    out[at + p + 3] = table[bytes[p + 3]];
  }
  for (let p = fours; p < bytes.length; p++) out[at + p] = table[bytes[p]];
}

/**
 * Refuses a read outside a part or into too small an array.
 *
 * @throws TrainerError "bad-shape" for the array, "bad-option" for an index
 */
export function checkRead(
  name: string,
  indices: ArrayLike<number>,
  size: number,
  itemSize: number,
  out: Float32Array,
): void {
  if (out.length < indices.length * itemSize) {
    throw new TrainerError(
      'bad-shape',
      `${name}: ${indices.length} items of ${itemSize} numbers need room for ${indices.length * itemSize}, the array holds ${out.length}.`,
    );
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new TrainerError(
        'bad-option',
        `${name}: there is no item ${index}, items are numbered 0 to ${size - 1}.`,
      );
    }
  }
}

/**
 * Refuses data that no manifest could name, before anything is trained on them.
 *
 * @throws TrainerError "bad-data" for no name, and for a kind that is none
 */
export function requireNamed({ name, kind }: Pick<Dataset, 'name' | 'kind'>): void {
  if (typeof name !== 'string' || name === '') {
    const came = name === '' ? 'empty' : String(name);
    throw new TrainerError('bad-data', `The data set's name is ${came}, expected a text such as "faces".`);
  }
  if (KINDS.includes(kind)) return;
  throw new TrainerError('bad-data', `${name}: kind is ${kind}, expected ${KINDS.join(' or ')}.`);
}

/**
 * Refuses parts that cannot be read, before anything is trained on them.
 *
 * @throws TrainerError "bad-data" for a part that is no Split, or an empty one
 */
export function requireParts({ name, train, test }: Pick<Dataset, 'name' | 'train' | 'test'>): void {
  for (const [part, split] of Object.entries({ train, test })) {
    if (part === 'test' && !split) continue;
    const wrong = (what: string) => new TrainerError('bad-data', `${name}: ${part}${what}`);
    const { size, read } = (split ?? {}) as Partial<Split>;
    if (!Number.isSafeInteger(size) || size! < 1) {
      const came = typeof size === 'string' ? JSON.stringify(size) : String(size);
      const advice = part === 'test' ? ' Leave "test" out where there is none.' : '';
      throw wrong(`.size is ${came}, expected a whole number of at least 1.${advice}`);
    }
    if (typeof read !== 'function') throw wrong(`.read is ${String(read)}, expected a function.`);
  }
}
