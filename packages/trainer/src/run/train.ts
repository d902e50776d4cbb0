import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { decodePng } from '@vae/sdk/media';
import type { Dataset } from '../data/dataset.js';
import { describeLikelihoodInput } from '../data/preprocess.js';
import type { Compiled, State } from '../engines/engine.js';
import { type EngineName, engines } from '../engines/index.js';
import { TrainerError } from '../errors.js';
import { writeModelFolder } from '../export/model-folder.js';
import { formatShape, sameShape, sampleSize } from '../graph/shape.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import { type Batch, batches, holdBack, oneAhead, stepsPerEpoch } from './batches.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { evaluate, type LatentStatistics, latentStatistics, range, readSamples } from './evaluate.js';
import type { FeederOptions } from './feeder.js';
import { RunFolder } from './folder.js';
import { MeanMetrics, type Metrics } from './metrics.js';
import { Pictures } from './pictures.js';
import { writeReport } from './report.js';
import { packageVersions } from './versions.js';

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
}

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
  /** Stops after this many updates, even inside an epoch; the recipe's epochs otherwise. */
  readonly steps?: number;
  /** Goes on from the folder's last checkpoint, or starts afresh where there is none. */
  readonly resume?: boolean;
  /** Replaces a run that the folder holds. */
  readonly overwrite?: boolean;
  /** Steps between checkpoints, beside the one at the end of each epoch. */
  readonly checkpointEvery?: number;
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
  readonly model: string;
  readonly steps: number;
  readonly epochs: number;
  readonly samplesPerSecond: number;
  /** Sample-weighted mean over the last epoch, also a partial one, in nats per sample. */
  readonly train: Metrics;
  readonly validation?: Metrics;
  readonly test?: Metrics;
  readonly interrupted: boolean;
  readonly engine: string;
  readonly seed: number;
}

const DEFAULT_LOG_EVERY = 100;
/** Samples that the exported files are compared on. */
const REFERENCE_SAMPLES = 128;

/** The part of the data with the names that feeding it needs. */
const feeding = (recipe: Recipe, itemSize: number) => ({
  itemSize,
  binarize: recipe.data.binarize,
  seed: recipe.seed,
});

/** What weights are chosen by: the bound, or the loss where there is none. */
const score = ({ bound, loss }: Metrics): number => bound ?? -loss!;

/** @throws TrainerError "bad-recipe" when a checkpoint is of other networks or of another optimiser */
function requireSameState(found: State, expected: State, where: string): void {
  for (const [name, { shape }] of Object.entries(expected)) {
    if (found[name] && sameShape(found[name].shape, shape)) continue;
    const came = found[name]
      ? `is ${formatShape(found[name].shape)} in its checkpoint`
      : 'is not in its checkpoint';
    throw new TrainerError(
      'bad-recipe',
      `${where}: ${name} is ${formatShape(shape)} by the recipe, but ${came}. Go on with the networks and the ` +
        'optimizer that the run began with, or choose another --out.',
    );
  }
}

/** One training run, from an empty folder or a checkpoint to an exported model. */
class Run {
  private metrics = new MeanMetrics();
  private step = 0;
  private best: number | undefined;
  private trainedSamples = 0;
  private trainSeconds = 0;
  private latest: EpochRecord | undefined;
  /** The epoch whose weights `best` has. */
  private bestEpoch: EpochRecord | undefined;
  private readonly epochSeconds = { value: 0, samples: 0 };

  private constructor(
    private readonly options: TrainOptions,
    private readonly folder: RunFolder,
    private readonly programs: Programs,
    private readonly compiled: Compiled,
    private readonly parts: ReturnType<typeof holdBack>,
    private readonly pictures: Pictures,
  ) {}

  static async open(options: TrainOptions): Promise<Run> {
    const { recipe, dataset, engine = 'ort', threads } = options;
    const folder = new RunFolder(options.out);
    const checkpoint = options.resume ? await loadCheckpoint(folder.checkpoint('last')) : undefined;
    if (options.resume && !checkpoint && folder.holdsRun())
      options.events?.onNote?.(`${options.out} holds no complete checkpoint; starting afresh.`);
    const programs = buildPrograms(recipe, dataset.shape);
    const parts = holdBack(dataset.train, recipe.data.validation, recipe.seed);
    const fresh = initialState(programs, recipe.seed);
    if (checkpoint) requireSameState(checkpoint.state, fresh, options.out);
    const state = checkpoint?.state ?? fresh;
    if (!checkpoint) await folder.start({ overwrite: options.overwrite === true || options.resume === true });
    await atomicWrite(folder.recipe(), `${JSON.stringify(recipe, null, 2)}\n`);
    const { train, evaluate, encode, decode } = programs;
    const compiled = await (await engines[engine]()).compile({ train, evaluate, encode, decode }, state, {
      threads,
    });
    const pictures = new Pictures({
      ...feeding(recipe, sampleSize(dataset.shape)),
      split: dataset.test ?? parts.validation ?? parts.train,
      compiled,
      folder,
      shape: dataset.shape,
      latent: recipe.model.latent,
      kind: programs.objective.latent,
    });
    const run = new Run(options, folder, programs, compiled, parts, pictures);
    if (checkpoint) await run.restore(checkpoint);
    return run;
  }

  private async restore({ progress }: Checkpoint): Promise<void> {
    this.step = progress.step;
    this.best = progress.best;
    this.metrics = MeanMetrics.restore(progress.partial);
    await this.folder.rewind(progress.step);
    const epochs = (await this.folder.records()).filter(
      ({ kind }) => kind === 'epoch',
    ) as unknown as EpochRecord[];
    this.latest = epochs.at(-1);
    this.bestEpoch = epochs.find((record) => record.validation && score(record.validation) === progress.best);
  }

  private get perEpoch(): number {
    return stepsPerEpoch(this.parts.train, this.options.recipe.batch);
  }

  private get totalSteps(): number {
    const { steps = Number.POSITIVE_INFINITY, recipe } = this.options;
    return Math.min(steps, recipe.epochs * this.perEpoch);
  }

  private feeder(part: 'train' | 'validation' | 'test'): FeederOptions {
    const { recipe, dataset } = this.options;
    const split = part === 'test' ? dataset.test! : this.parts[part]!;
    const program = part === 'train' ? this.programs.train : this.programs.evaluate;
    return {
      ...feeding(recipe, sampleSize(dataset.shape)),
      program,
      split,
      purpose: part === 'train' ? '' : `${part}/`,
    };
  }

  async train(): Promise<TrainResult> {
    const { events, recipe } = this.options;
    const parameters = [...this.programs.parameters.values()].reduce(
      (sum, { shape }) => sum + sampleSize(shape),
      0,
    );
    const plan = { rows: recipe.batch, fromStep: this.step, toStep: this.totalSteps };
    events?.onStart?.({
      engine: this.compiled.description,
      parameters,
      steps: plan.toStep,
      stepsPerEpoch: this.perEpoch,
      startStep: this.step,
    });
    let interrupted = false;
    for await (const batch of oneAhead(batches(this.feeder('train'), plan))) {
      await this.update(batch);
      interrupted = this.options.signal?.aborted === true;
      const ends = batch.lastOfEpoch || this.step === plan.toStep;
      if (ends) await this.endEpoch(batch);
      const due = this.step % (this.options.checkpointEvery ?? Number.POSITIVE_INFINITY) === 0;
      if (ends || due || interrupted) await this.save('last');
      if (interrupted) break;
    }
    if (!interrupted) await this.finish();
    return this.result(interrupted);
  }

  private async update({ feeds, samples, step, epoch, indices }: Batch): Promise<void> {
    const started = performance.now();
    const terms = await this.compiled.run('train', feeds);
    const seconds = (performance.now() - started) / 1000;
    this.countTime(samples, seconds);
    const loss = terms.loss[0];
    if (!Number.isFinite(loss)) {
      const which = indices.slice(0, 8).join(', ');
      throw this.notANumber(`The loss became ${loss} at step ${step + 1} (samples ${which}…).`);
    }
    this.metrics.add(terms, samples);
    this.step = step + 1;
    if (this.step % (this.options.logEvery ?? DEFAULT_LOG_EVERY) === 0) {
      const numbers = Object.entries(terms).map(([name, [value]]) => [name, value]);
      const scheduled = [...this.programs.train.scalars].map(([name, { schedule }]) => [
        name,
        schedule(step),
      ]);
      await this.folder.log({
        kind: 'step',
        step: this.step,
        epoch: epoch + 1,
        ...Object.fromEntries([...numbers, ...scheduled]),
      });
    }
    this.options.events?.onStep?.({ step: this.step, loss, samplesPerSecond: this.speed });
  }

  private countTime(samples: number, seconds: number): void {
    this.trainedSamples += samples;
    this.trainSeconds += seconds;
    this.epochSeconds.value += seconds;
    this.epochSeconds.samples += samples;
  }

  private get speed(): number {
    return this.trainedSamples / this.trainSeconds;
  }

  private notANumber(what: string): TrainerError {
    return new TrainerError(
      'not-a-number',
      `${what} Lower the learning rate or set "clipNorm" in the optimizer. The last checkpoint in ` +
        `${this.options.out} is untouched.`,
    );
  }

  private async endEpoch({ epoch, lastOfEpoch }: Batch): Promise<void> {
    const step = this.step;
    await this.finiteState();
    const judge = (part: 'validation' | 'test') => evaluate(this.compiled, this.feeder(part), { step });
    const record: EpochRecord = {
      epoch: epoch + 1,
      step,
      train: { bound: null, ...this.metrics.mean() },
      ...(this.parts.validation && { validation: await judge('validation') }),
      ...(this.options.dataset.test && { test: await judge('test') }),
      seconds: this.epochSeconds.value,
      samplesPerSecond: this.epochSeconds.samples / this.epochSeconds.value,
    };
    const lost = [record.validation, record.test].find((part) => part && !Number.isFinite(part.loss));
    if (lost) throw this.notANumber(`The loss on data held back became ${lost.loss} at step ${step}.`);
    Object.assign(this.epochSeconds, { value: 0, samples: 0 });
    // A run that goes on inside an epoch counts what was seen of it.
    if (lastOfEpoch) this.metrics = new MeanMetrics();
    this.latest = record;
    await this.folder.log({ kind: 'epoch', ...record });
    const number = String(epoch + 1).padStart(3, '0');
    await this.pictures.epoch(`epoch-${number}`, `epoch ${number}`);
    await this.keepBest(record);
    this.options.events?.onEpoch?.(record);
  }

  /** Validation data alone decide, by the bound; without them the last weights are the result. */
  private async keepBest(record: EpochRecord): Promise<void> {
    const { validation } = record;
    if (!validation) return;
    if (this.best !== undefined && !(score(validation) > this.best)) return;
    this.best = score(validation);
    this.bestEpoch = record;
    await this.save('best');
  }

  /** The state; one that is beyond repair is never drawn, kept or exported. */
  private async finiteState(): Promise<State> {
    const state = await this.compiled.readState();
    const broken = Object.keys(state).find((name) => !state[name].data.every(Number.isFinite));
    if (broken) throw this.notANumber(`${broken} holds numbers that are not finite after step ${this.step}.`);
    return state;
  }

  private async save(which: 'last' | 'best'): Promise<void> {
    const progress = {
      recipe: this.options.recipe,
      step: this.step,
      epoch: Math.floor(this.step / this.perEpoch),
      partial: this.metrics.save(),
      best: this.best,
    };
    const state = await this.finiteState();
    await saveCheckpoint(this.folder.checkpoint(which), { progress, state });
  }

  private async finish(): Promise<void> {
    const best = this.parts.validation ? await loadCheckpoint(this.folder.checkpoint('best')) : undefined;
    if (best) await this.compiled.writeState(best.state);
    const { recipe, dataset } = this.options;
    const part = { ...feeding(recipe, sampleSize(dataset.shape)), split: this.parts.train };
    const statistics = await latentStatistics(this.compiled, { ...part, latent: recipe.model.latent });
    await this.pictures.film();
    const overview = await this.pictures.latentSpace(statistics);
    const caveat = describeLikelihoodInput(recipe.data.binarize, recipe.likelihood.type);
    const weights = await this.compiled.readState();
    const manifest = await writeModelFolder(this.folder.model(), {
      manifest: this.manifest(weights, statistics),
      programs: this.programs,
      weights,
      compiled: this.compiled,
      reference: await readSamples(part, range(0, Math.min(REFERENCE_SAMPLES, part.split.size))),
      preview: decodePng(await readFile(this.folder.picture(overview))),
      caveat,
    });
    await writeReport(this.folder, { manifest, statistics, caveat, overview, command: this.options.command });
  }

  /** Numbers for the manifest; null means that a term does not exist, and is left out. */
  private manifest(weights: State, statistics: LatentStatistics) {
    const { recipe, dataset } = this.options;
    const { train, test, step } = this.exported!;
    const numbers = (metrics: Metrics | undefined) =>
      metrics &&
      Object.fromEntries(Object.entries(metrics).filter((e): e is [string, number] => e[1] !== null));
    const gaussian = this.programs.objective.latent === 'gaussian';
    const { mean, std, kl } = statistics;
    return {
      format: 'vae' as const,
      version: 1 as const,
      name: recipe.name,
      license: 'MIT',
      data: {
        kind: 'image' as const,
        shape: [...dataset.shape],
        range: [0, 1] as [number, number],
        ...(recipe.data.binarize !== false && { preprocess: { binarize: recipe.data.binarize } }),
      },
      latent: { kind: this.programs.objective.latent, shape: [recipe.model.latent] },
      likelihood: this.programs.likelihood.describe(weights),
      prior: { kind: 'standard-normal' as const, mean, std, ...(gaussian && { kl }) },
      ...(dataset.classes && { labels: { classes: [...dataset.classes], conditional: false } }),
      training: {
        recipe: recipe as unknown as Record<string, unknown>,
        dataset: dataset.name,
        seed: recipe.seed,
        steps: step,
        engine: this.options.engine ?? 'ort',
        device: 'cpu',
        versions: { ...packageVersions(), ...this.compiled.versions },
      },
      metrics: { train: numbers(train), ...(test && { test: numbers(test) }) },
    };
  }

  /** The epoch whose weights are the result: the best by the validation part, else the last. */
  private get exported(): EpochRecord | undefined {
    return this.bestEpoch ?? this.latest;
  }

  private result(interrupted: boolean): TrainResult {
    const { out, recipe } = this.options;
    const train = this.latest?.train ?? { bound: null, ...this.metrics.mean() };
    return {
      out,
      model: this.folder.model(),
      steps: this.step,
      epochs: this.step / this.perEpoch,
      samplesPerSecond: this.speed,
      train: interrupted ? { bound: null, ...this.metrics.mean() } : train,
      validation: this.exported?.validation,
      test: this.exported?.test,
      interrupted,
      engine: this.compiled.description,
      seed: recipe.seed,
    };
  }

  dispose(): Promise<void> {
    return this.compiled.dispose();
  }
}

/**
 * Trains a recipe on a data set and leaves a run folder: metrics, pictures, checkpoints, report and the exported
 * model.
 *
 * @returns losses and bounds in nats per sample, averaged over samples
 * @throws TrainerError "run-exists", "bad-shape", "not-a-number", "engine-failed", "export-mismatch"
 * @example
 * const recipe = await loadRecipe('seed-cvae');
 * const dataset = await openDataset('digits', { seed: recipe.seed });
 * const { test } = await train({ recipe, dataset, out: 'runs/first', steps: 200 });
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = await Run.open(options);
  try {
    return await run.train();
  } finally {
    await run.dispose();
  }
}
