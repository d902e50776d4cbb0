import { TrainerError } from '../errors.js';
import { nearest } from '../text/nearest.js';

/**
 * How data are named: `NAME[:WHAT][?OPTION[=VALUE]&…]`, such as `images:photos?size=64&grey`.
 *
 * WHAT is a file, a folder or whatever else the source takes, exactly as it stands. Options begin at the last `?`, so a
 * path that holds one ends in another: `csv:what?.csv?`. In values, `%26` stands for `&`, `%3F` for `?` and `%25` for
 * `%`.
 */
export interface Argument<Options> {
  /** What stands between the colon and the options. */
  readonly path: string | undefined;
  readonly options: Options;
  /** The options as they were written, with the question mark; empty without any. */
  readonly query: string;
}

/** How the value of an option is read. */
export interface OptionParser<T> {
  /** What may stand there, for errors and the documentation. */
  readonly expected: string;
  /** @returns undefined for a text that is none of what is expected; `text` is undefined where there is no `=` */
  parse(text: string | undefined): T | undefined;
}

export type OptionParsers = Readonly<Record<string, OptionParser<unknown>>>;
/** What was chosen; an option that was not given is absent. */
export type Chosen<Parsers extends OptionParsers> = {
  readonly [Name in keyof Parsers]?: Parsers[Name] extends OptionParser<infer T> ? T : never;
};

/**
 * Takes what follows a source's name apart and checks its options.
 *
 * @param source the name, for errors
 * @param argument what follows the name and the colon; begins with `?` where there is no colon
 * @throws TrainerError "bad-option" naming the option, what was expected and the nearest known one
 * @example parseArgument('images', 'photos?size=64', { size: sides }) // { path: 'photos', options: { size: [64, 64] }, … }
 */
export function parseArgument<Parsers extends OptionParsers>(
  source: string,
  argument: string | undefined,
  parsers: Parsers,
): Argument<Chosen<Parsers>> {
  const at = argument?.lastIndexOf('?') ?? -1;
  const path = at < 0 ? argument : argument!.slice(0, at);
  const written = at < 0 ? '' : argument!.slice(at + 1);
  const options: Record<string, unknown> = {};
  for (const part of written.split('&')) {
    if (part === '') continue;
    const [name, text] = nameAndValue(source, part);
    if (Object.hasOwn(options, name)) {
      throw new TrainerError('bad-option', `${source}: the option "${name}" is there twice.`);
    }
    options[name] = parseOne(source, name, text, parsers);
  }
  return {
    path: path === '' ? undefined : path,
    options: options as Chosen<Parsers>,
    query: written && `?${written}`,
  };
}

function nameAndValue(source: string, part: string): [name: string, text: string | undefined] {
  const at = part.indexOf('=');
  if (at < 0) return [part, undefined];
  try {
    return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
  } catch (cause) {
    throw new TrainerError('bad-option', `${source}: "${part}" holds a lone "%"; write it as %25.`, {
      cause,
    });
  }
}

function parseOne(source: string, name: string, text: string | undefined, parsers: OptionParsers): unknown {
  if (!Object.hasOwn(parsers, name)) throw unknownOption(source, name, Object.keys(parsers));
  const { expected, parse } = parsers[name];
  const value = parse(text);
  if (value !== undefined) return value;
  const got = text === undefined ? 'nothing' : `"${text}"`;
  throw new TrainerError('bad-option', `${source}: option "${name}" is ${expected}, got ${got}.`);
}

function unknownOption(source: string, name: string, known: readonly string[]): TrainerError {
  if (known.length === 0) {
    return new TrainerError(
      'bad-option',
      `${source} takes no options, got "${name}". A path that holds a "?" ends in another one.`,
    );
  }
  const best = nearest(name, known);
  const hint = best === undefined ? '' : ` Did you mean "${best}"?`;
  return new TrainerError(
    'bad-option',
    `${source}: there is no option "${name}".${hint} Known: ${known.join(', ')}.`,
  );
}

/** An option that is there or not, such as `grey`. */
export const flag: OptionParser<true> = {
  expected: 'given without a value',
  parse: (text) => (text === undefined ? true : undefined),
};

/** Any text but the empty one. */
export const text: OptionParser<string> = {
  expected: 'a text',
  parse: (value) => value || undefined,
};

/** Names between commas, none of them empty. */
export const names: OptionParser<readonly string[]> = {
  expected: 'names with commas between them',
  parse: (value) => {
    const parts = value?.split(',');
    return parts?.every((part) => part !== '') ? parts : undefined;
  },
};

/** One of a few words. */
export const choice = <Word extends string>(...words: readonly Word[]): OptionParser<Word> => ({
  expected: words.map((word) => `"${word}"`).join(' or '),
  parse: (value) => words.find((word) => word === value),
});

/** A whole number. */
export const whole = (min: number, max: number): OptionParser<number> => ({
  expected: `a whole number from ${min} to ${max}`,
  parse: (value) => {
    const number = /^\d{1,15}$/.test(value ?? '') ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  },
});

/** The longest side of an image that a data set may have. */
const MAX_SIDE = 4096;

/** Height and width: `64x48`, or `64` for a square. */
export const sides: OptionParser<readonly [height: number, width: number]> = {
  expected: `HEIGHTxWIDTH or one number for a square, each side 1 to ${MAX_SIDE}`,
  parse: (value) => {
    const match = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(value ?? '');
    if (!match) return undefined;
    const [height, width] = [Number(match[1]), Number(match[2] ?? match[1])];
    return [height, width].every((side) => side >= 1 && side <= MAX_SIDE) ? [height, width] : undefined;
  },
};

/** Two finite numbers, the lower one first. */
export const interval: OptionParser<readonly [low: number, high: number]> = {
  expected: 'LOW,HIGH with LOW below HIGH, such as 0,255',
  parse: (value) => {
    const parts = (value ?? '').split(',');
    const [low, high] = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    const fine = parts.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low! < high!;
    return fine ? [low!, high!] : undefined;
  },
};
