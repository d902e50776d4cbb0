import { optionsOf } from '../options.js';

const run = ['signal'] as const;
const encode = [...run, 'fit', 'background', 'tile', 'normalized', 'label'] as const;
const fromData = [...run, 'from', 'fit', 'background', 'label', 'fromLabel'] as const;
const noise = ['seed', 'noise', 'first'] as const;
const judge = ['draws', ...noise, ...run, 'fit', 'background', 'label'] as const;

/** Names of all options of each verb that runs the model, those of the tool that it uses among them. */
const verbOptions = {
  prepare: run,
  takesLabels: run,
  encode,
  reconstruct: encode,
  encodeStats: encode,
  decode: [...run, 'logits', 'tile', 'normalized', 'label'],
  sample: [
    'sampler',
    'shape',
    'temperature',
    'truncation',
    'components',
    ...noise,
    'stream',
    'label',
    ...run,
  ],
  similar: ['n', 'amount', ...noise, ...fromData],
  interpolate: ['steps', 'method', 'stream', ...fromData],
  interpolatePath: ['steps', 'method', 'closed', 'stream', ...fromData],
  interpolateGrid: ['rows', 'columns', 'method', 'stream', ...fromData],
  traverse: ['dimension', 'range', 'steps', 'mean', 'std', 'stream', ...fromData],
  arithmetic: fromData,
  anomalyScore: judge,
  logLikelihood: judge,
} satisfies Readonly<Record<string, readonly string[]>>;

export type Verb = keyof typeof verbOptions;

/**
 * The options that a caller passed to a verb, `{}` for none; asked for before any input is read. The tools know their own
 * part only, and would name no other.
 *
 * @throws VaeError "bad-option" as `optionsOf`
 */
export function optionsFor<O extends object>(verb: Verb, options: O | undefined): O {
  const known: readonly string[] = verbOptions[verb];
  return optionsOf(options, verb, known as readonly (keyof O & string)[]);
}
