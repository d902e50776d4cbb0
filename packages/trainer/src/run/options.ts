import { engines } from '../engines/index.js';
import { TrainerError } from '../errors.js';
import { exporters } from '../export/exporters.js';
import { nearest } from '../text/nearest.js';
import type { TrainEvents, TrainOptions } from './types.js';

interface Rule {
  readonly expected: string;
  fits(value: unknown): boolean;
  readonly required?: boolean;
}

const LISTENERS = [
  'onStart',
  'onStep',
  'onEpoch',
  'onCheckpoint',
  'onNote',
] as const satisfies readonly (keyof TrainEvents)[];
const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): boolean => typeof value === 'string';

const text: Rule = { expected: 'text', fits: isText };
const flag: Rule = { expected: 'true or false', fits: (value) => typeof value === 'boolean' };
const count: Rule = {
  expected: 'a whole number of at least 1',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};
const oneOf = (names: readonly string[]): Rule => ({
  expected: `one of ${names.join(', ')}`,
  fits: (value) => names.some((name) => name === value),
});

const RULES: Readonly<Record<keyof TrainOptions, Rule>> = {
  recipe: { expected: 'a recipe, such as loadRecipe gives', fits: isObject, required: true },
  dataset: { expected: 'a data set, such as openDataset gives', fits: isObject, required: true },
  out: { expected: 'the path of a folder as text', fits: isText, required: true },
  engine: oneOf(Object.keys(engines)),
  threads: count,
  device: oneOf(DEVICES),
  steps: {
    ...count,
    expected: `${count.expected}; where timeLimit is to end the run, one that is not reached, such as 1e9`,
  },
  resume: flag,
  overwrite: flag,
  checkpointEvery: count,
  keepEvery: count,
  exportVia: oneOf(Object.keys(exporters)),
  timeLimit: {
    expected: 'seconds, a number of at least 0',
    fits: (value) => typeof value === 'number' && value >= 0,
  },
  log: {
    expected: 'a list of texts, such as ["tensorboard"]',
    fits: (value) => Array.isArray(value) && value.every(isText),
  },
  logEvery: count,
  signal: {
    expected: 'an AbortSignal',
    fits: (value) => isObject(value) && typeof value.throwIfAborted === 'function',
  },
  events: {
    expected: `an object of functions, of the names ${LISTENERS.join(', ')}`,
    fits: (value) =>
      isObject(value) && LISTENERS.every((name) => ['undefined', 'function'].includes(typeof value[name])),
  },
  command: text,
};

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  return isObject(value) ? Object.prototype.toString.call(value) : String(value);
};

/**
 * Refuses options that no run could keep to, before anything is done. JavaScript callers pass anything.
 *
 * @throws TrainerError "bad-option" that names the option, what was expected and what came
 */
export function requireOptions(options: TrainOptions): void {
  const wrong = (what: string) => new TrainerError('bad-option', `train: ${what}`);
  if (!isObject(options)) throw wrong(`the options are ${show(options)}, expected an object.`);
  const known = Object.keys(RULES);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const close = nearest(name, known);
    throw wrong(
      `there is no option "${name}". ${close ? `Did you mean "${close}"? ` : ''}Known: ${known.join(', ')}.`,
    );
  }
  for (const [name, { expected, fits, required }] of Object.entries(RULES)) {
    const value = options[name as keyof TrainOptions];
    if (value === undefined ? required : !fits(value))
      throw wrong(`${name} is ${show(value)}, expected ${expected}.`);
  }
}
