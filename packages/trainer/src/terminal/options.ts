import { nearest } from '../text/nearest.js';
import { UsageError } from './run-command.js';

/** Bounds of a number option, both inclusive. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

type Parser<T> = (text: string) => T;

/**
 * Option parser for a whole number in a range.
 *
 * @throws UsageError naming the flag, the value and the rule
 * @example command.option('--steps <n>', 'frames', parseWhole('--steps', { min: 2 }), 16)
 */
export function parseWhole(flag: string, range: NumberRange = {}): Parser<number> {
  return (text) => checkedNumber(flag, text, /^[+-]?\d+$/, 'a whole number', range);
}

/** Option parser for a finite number in a range, such as `0.5` or `1e-3`. */
export function parseNumber(flag: string, range: NumberRange = {}): Parser<number> {
  return (text) => checkedNumber(flag, text, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number', range);
}

/** Option parser for a seed: a whole number from 0 to 2^53 - 1. */
export function parseSeed(flag: string): Parser<number> {
  return parseWhole(flag, { min: 0, max: Number.MAX_SAFE_INTEGER });
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Option parser for a time such as `90s`, `30m`, `1.5h` or `2d`; gives seconds. */
export function parseDuration(flag: string): Parser<number> {
  return (text) => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
    if (count === undefined)
      throw new UsageError(
        `${flag} "${text}" is not a time; give a number with s, m, h or d, such as 90s or 1.5h.`,
      );
    return Number(count) * SECONDS[unit as keyof typeof SECONDS];
  };
}

/** Option parser for comma-separated whole numbers, each in the range and none twice: `0,3,4`. */
export function parseWholeList(flag: string, range: NumberRange = {}): Parser<number[]> {
  const parse = parseWhole(flag, range);
  return (text) => {
    const values = text.split(',').map((part) => parse(part.trim()));
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw new UsageError(`${flag} "${text}": ${twice} is there twice.`);
    return values;
  };
}

/**
 * Option parser for one of a few words; a mistyped one gets a suggestion.
 *
 * @param meanings what to suggest for words that are meant otherwise than they are spelt, in lower case
 * @example parseChoice('--device', ['cpu', 'cuda', 'webgpu'], { gpu: ['cuda', 'webgpu'] })
 */
export function parseChoice<T extends string>(
  flag: string,
  choices: readonly T[],
  meanings: Readonly<Record<string, readonly T[]>> = {},
): Parser<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    const word = text.toLowerCase();
    const close = Object.hasOwn(meanings, word) ? meanings[word] : [nearest(text, choices)];
    const meant = close.filter((choice) => choice !== undefined).map((choice) => `"${choice}"`);
    const hint = meant.length === 0 ? '.' : `; did you mean ${meant.join(' or ')}?`;
    throw new UsageError(`${flag} "${text}" is not known${hint} Choose one of: ${choices.join(', ')}.`);
  };
}

/** Option parser for what must not be empty: an unset variable of a shell script must not mean the current folder. */
export function parseText(flag: string, what: string): Parser<string> {
  return (text) => {
    if (text.trim() === '') throw new UsageError(`${flag} is empty; give ${what}.`);
    return text;
  };
}

/** Option parser for a folder. */
export const parseFolder = (flag: string): Parser<string> => parseText(flag, 'the name of a folder');

function checkedNumber(flag: string, text: string, form: RegExp, noun: string, range: NumberRange): number {
  const value = Number(text);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  if (!form.test(text)) throw new UsageError(`${flag} "${text}" is not ${noun}; ${rule(noun, range)}.`);
  if (!Number.isFinite(value) || value < min || value > max) {
    throw new UsageError(`${flag} ${text} is out of range; ${rule(noun, range)}.`);
  }
  return value;
}

function rule(noun: string, { min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return `give ${noun} from ${min} to ${max}`;
  if (min !== undefined) return `give ${noun} of at least ${min}`;
  if (max !== undefined) return `give ${noun} of at most ${max}`;
  return `give ${noun}`;
}
