import type { Dataset } from '../data/dataset.js';
import type { EngineOptions } from '../engines/engine.js';
import type { EngineName } from '../engines/index.js';
import type { ExporterName } from '../export/exporters.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Metrics } from './metrics.js';

export interface EpochRecord {
  /** Epochs done, counted from 1; a partial last one counts as one. */
  readonly epoch: number;
  readonly step: number;
  readonly train: Metrics;
  readonly validation?: Metrics;
  readonly test?: Metrics;
  /** Of this epoch's updates alone, evaluation and pictures aside. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of the time of this epoch's updates that the engine waited for data, 0 to 1. */
  readonly waited: number;
}

/** Why training ended: all steps done, no better bound for a while, the time limit, or a signal. */
export type Ending = 'steps' | 'patience' | 'time' | 'signal';

/** What a caller may listen to. */
export interface TrainEvents {
  onStart?(info: {
    engine: string;
    parameters: number;
    steps: number;
    stepsPerEpoch: number;
    startStep: number;
  }): void;
  onStep?(info: { step: number; loss: number; samplesPerSecond: number }): void;
  onEpoch?(record: EpochRecord): void;
  onNote?(text: string): void;
}

export interface TrainOptions {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** The run folder. */
  readonly out: string;
  readonly engine?: EngineName;
  readonly threads?: number;
  /** `auto` takes the best that works. */
  readonly device?: EngineOptions['device'];
  /** Stops after this many updates, even inside an epoch; the recipe's epochs otherwise. */
  readonly steps?: number;
  /** Goes on from the folder's last checkpoint, or starts afresh where there is none. */
  readonly resume?: boolean;
  /** Replaces a run that the folder holds. */
  readonly overwrite?: boolean;
  /** Steps between checkpoints, beside the one at the end of each epoch. */
  readonly checkpointEvery?: number;
  /** Steps between checkpoints that are kept beside the last ones. */
  readonly keepEvery?: number;
  /** Who writes the model's files; `native` by default. */
  readonly exportVia?: ExporterName;
  /** Seconds of wall time after which training ends, judged and exported as if it were done. */
  readonly timeLimit?: number;
  /** Steps between lines of metrics.jsonl. */
  readonly logEvery?: number;
  /** Stops after the step that is under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly events?: TrainEvents;
  /** How to repeat the run, for the report. */
  readonly command?: string;
}

export interface TrainResult {
  readonly out: string;
  /** The exported model's folder; null when the run was interrupted before there was one. */
  readonly model: string | null;
  readonly steps: number;
  readonly epochs: number;
  readonly samplesPerSecond: number;
  /** Sample-weighted mean over the last epoch, also a partial one, in nats per sample. */
  readonly train: Metrics;
  readonly validation?: Metrics;
  readonly test?: Metrics;
  /** True after a signal: there is a checkpoint and no model. */
  readonly interrupted: boolean;
  readonly ended: Ending;
  readonly engine: string;
  readonly seed: number;
}
