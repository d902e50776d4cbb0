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
  /** Mean KL to the prior per latent dimension in nats, over 2,000 samples held back at most; a Gaussian code only. */
  readonly klPerDimension?: readonly number[];
  /** Latent dimensions whose means vary by more than 0.01 over those samples (Burda et al. 2016, section 5.2). */
  readonly activeUnits?: number;
}

/** Why training ended: all steps done, or before that no better bound for a while, the time limit, or a signal. */
export type Ending = 'steps' | 'patience' | 'time' | 'signal';

export interface StartInfo {
  /** What computes: "onnxruntime-node 1.30.0 (cpu, 2 threads)". */
  readonly engine: string;
  /** What the items of the data set are. */
  readonly kind: Dataset['kind'];
  /** Trained numbers in both networks. */
  readonly parameters: number;
  /** All updates of the run, those done before included. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Samples of one update, accumulated ones included. */
  readonly batch: number;
  /** Updates done before, by the run that this one goes on from. */
  readonly startStep: number;
}

export interface StepInfo {
  /** Updates done, counted from 1. */
  readonly step: number;
  /** The epoch that the update belongs to, counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  /** Every term of this batch in nats per sample, and `gradientNorm`. */
  readonly terms: Readonly<Record<string, number>>;
  readonly samplesPerSecond: number;
}

export interface CheckpointInfo {
  readonly step: number;
  /** The file: the last checkpoint, or the best one by data held back. */
  readonly path: string;
}

/**
 * What a caller may listen to. Training waits for a listener that returns a promise; what else one returns is not
 * looked at. One that has not come back two seconds after a signal, or ten after the time limit, is left alone, and
 * nothing more is told; it has four times as long as any before it took, at most a minute longer than that one, where
 * this is more. A listener that fails ends the run: it is saved first, and `train` throws a TrainerError
 * "callback-failed" with the failure as its cause.
 *
 * @example
 * await train({ ...options, events: { onStep: ({ step, terms }) => console.log(step, terms.kl) } });
 */
export interface TrainEvents {
  /** Once, when everything is ready. */
  onStart?(info: StartInfo): unknown;
  /** After every update. */
  onStep?(info: StepInfo): unknown;
  /** At the end of every epoch, judged; also where a run ends inside one. */
  onEpoch?(record: EpochRecord): unknown;
  /** After a checkpoint is on the disk. */
  onCheckpoint?(info: CheckpointInfo): unknown;
  /** A sentence that a user should see. It is not waited for, also where it returns a promise. */
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
  /** Updates in all, even if they end inside an epoch; in place of the recipe's `steps` or `epochs`, and kept with it. */
  readonly steps?: number;
  /** Goes on from the folder's last checkpoint, or starts afresh where there is none. */
  readonly resume?: boolean;
  /** Replaces a run that the folder holds. */
  readonly overwrite?: boolean;
  /** Steps between checkpoints, beside those at the ends of epochs, at most one a second. */
  readonly checkpointEvery?: number;
  /** Steps between checkpoints that are kept beside the last ones. */
  readonly keepEvery?: number;
  /** Who writes the model's files; `native` by default. */
  readonly exportVia?: ExporterName;
  /**
   * Seconds of wall time after which training ends, judged and exported as if it were done; saved without a model where
   * the data set does not answer any more.
   */
  readonly timeLimit?: number;
  /** Where numbers go beside metrics.jsonl: `tensorboard` (the default), `mlflow:http://HOST:PORT/EXPERIMENT`. */
  readonly log?: readonly string[];
  /** Steps between lines of metrics.jsonl, and of what `log` names. */
  readonly logEvery?: number;
  /**
   * Stops with a checkpoint, after the steps that the engine was asked for: one, or where it takes several at once two
   * groups of them, each of some 0.1 seconds. Before training begins, `train` rejects with its reason; where these steps
   * are the last ones nothing is left to stop, and the model is made.
   */
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
  /** True where a signal stopped the run, and where the data set did not answer at the time limit: there is a checkpoint and no model. */
  readonly interrupted: boolean;
  readonly ended: Ending;
  readonly engine: string;
  readonly seed: number;
}
