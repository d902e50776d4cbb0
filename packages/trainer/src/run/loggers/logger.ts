import type { Picture } from '@vae/sdk/media';
import type { State } from '../../engines/engine.js';
import type { Recipe } from '../../recipe/recipe.js';
import type { LogRecord, RunFolder } from '../folder.js';
import type { Codes } from '../latent/codes.js';
import type { EpochRecord } from '../types.js';

/** What samples held back become, and what is drawn from the prior. */
export interface EpochPictures {
  readonly reconstructions: Picture;
  readonly samples: Picture;
}

/** What a run was looked at with at an epoch's end, beside its numbers. */
export interface EpochLook {
  /** Parameters by name, without the optimiser's state. */
  readonly weights: State;
  /** Of samples held back, 2,000 at most. */
  readonly codes: Codes;
  /** Of a hundred epochs at most. */
  readonly pictures?: EpochPictures;
}

/** Where a run's numbers go as it trains, beside metrics.jsonl. */
export interface Logger {
  /** A logged step: every term in nats per sample, and every scheduled number. */
  step(record: LogRecord): Promise<void>;
  epoch(record: EpochRecord, look: EpochLook): Promise<void>;
  /** The run is over, however it ended. */
  close(): Promise<void>;
}

export interface LoggerOptions {
  readonly folder: RunFolder;
  readonly recipe: Recipe;
  /** Updates done before this process began. */
  readonly startStep: number;
  readonly onNote?: (text: string) => void;
}

/** An entry of the registry. */
export interface LoggerKind {
  readonly summary: string;
  /** @throws TrainerError "bad-option" for an argument that is missing or of no use */
  open(argument: string | undefined, options: LoggerOptions): Promise<Logger>;
}

/** The numbers among some fields, by name. */
export const numbersOf = (fields: Readonly<Record<string, unknown>>): [name: string, value: number][] =>
  Object.entries(fields).filter((entry): entry is [string, number] => typeof entry[1] === 'number');

/** Every number of an epoch under a name such as `test/kl`, units as in metrics.jsonl. */
export function epochScalars(record: EpochRecord): [name: string, value: number][] {
  const { train, validation, test, klPerDimension = [], activeUnits, ...rest } = record;
  const terms = Object.entries({ train, validation, test }).flatMap(([part, metrics]) =>
    numbersOf(metrics ?? {}).flatMap(([name, value]): [string, number][] =>
      name === 'samples' ? [] : [[`${part}/${name}`, value]],
    ),
  );
  const kl = klPerDimension.map((nats, d): [string, number] => [`latent/kl/z${d}`, nats]);
  const speed = ['samplesPerSecond', 'waited'] as const;
  return [
    ...terms,
    ...(activeUnits === undefined ? [] : [['latent/activeUnits', activeUnits] as [string, number]]),
    ...kl,
    ...speed.map((name): [string, number] => [`speed/${name}`, rest[name]]),
  ];
}
