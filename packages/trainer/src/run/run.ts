import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { decodePng } from '@vae/sdk/media';
import { describeLikelihoodInput } from '../data/preprocess.js';
import type { Compiled, Results, State } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { TrainerError } from '../errors.js';
import { describeModel } from '../export/manifest.js';
import { writeModelFolder } from '../export/model-folder.js';
import { sampleSize } from '../graph/shape.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import { type Batch, batches, holdBack, oneAhead, stepsPerEpoch } from './batches.js';
import { type Checkpoint, loadCheckpoint, requireSameSettings, saveCheckpoint } from './checkpoint.js';
import { evaluate, latentStatistics, range, readSamples } from './evaluate.js';
import type { FeederOptions } from './feeder.js';
import { RunFolder } from './folder.js';
import { takeLock } from './lock.js';
import { requireMemory } from './memory.js';
import { MeanMetrics, type Metrics } from './metrics.js';
import { Pictures } from './pictures.js';
import { writeReport } from './report.js';
import { Stopwatch } from './stopwatch.js';
import type { EpochRecord, TrainOptions, TrainResult } from './types.js';

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

/** One training run, from an empty folder or a checkpoint to an exported model. */
export class Run {
  private metrics = new MeanMetrics();
  private step = 0;
  private readonly whole = new Stopwatch();
  private lap = new Stopwatch();
  private latest: EpochRecord | undefined;
  /** The best by the validation part: its weights are in the checkpoint `best`. */
  private best: EpochRecord | undefined;

  private constructor(
    private readonly options: TrainOptions,
    private readonly folder: RunFolder,
    private readonly programs: Programs,
    private readonly compiled: Compiled,
    private readonly parts: ReturnType<typeof holdBack>,
    private readonly pictures: Pictures,
    private readonly unlock: () => void,
  ) {}

  static async open(options: TrainOptions): Promise<Run> {
    const { recipe, dataset, engine = 'ort', threads } = options;
    const folder = new RunFolder(options.out);
    const checkpoint = options.resume ? await loadCheckpoint(folder.checkpoint('last')) : undefined;
    if (options.resume && !checkpoint)
      options.events?.onNote?.(`${options.out} holds no complete checkpoint; starting afresh.`);
    if (checkpoint) requireSameSettings(checkpoint.progress, options);
    const programs = buildPrograms(recipe, dataset.shape);
    requireMemory(programs, dataset.shape);
    const parts = holdBack(dataset.train, recipe.data.validation, recipe.seed);
    const state = checkpoint?.state ?? initialState(programs, recipe.seed);
    const overwrite = options.overwrite === true || options.resume === true;
    if (!checkpoint) folder.requireFree({ overwrite });
    await folder.make();
    const unlock = takeLock(folder.lock(), options.out);
    let compiled: Compiled | undefined;
    try {
      // A model that is there stays until there is a new one, unless the user said otherwise.
      if (!checkpoint) await folder.clear({ keepModel: options.overwrite !== true });
      await atomicWrite(folder.recipe(), `${JSON.stringify(recipe, null, 2)}\n`);
      const { train, evaluate, encode, decode } = programs;
      const program = { train, evaluate, encode, decode };
      compiled = await (await engines[engine]()).compile(program, state, { threads });
      const pictures = new Pictures({
        ...feeding(recipe, sampleSize(dataset.shape)),
        split: dataset.test ?? parts.validation ?? parts.train,
        compiled,
        folder,
        shape: dataset.shape,
        latent: recipe.model.latent,
        kind: programs.objective.latent,
      });
      const run = new Run(options, folder, programs, compiled, parts, pictures, unlock);
      if (checkpoint) await run.restore(checkpoint);
      return run;
    } catch (error) {
      await compiled?.dispose();
      unlock();
      if (!checkpoint) await folder.discard();
      throw error;
    }
  }

  private async restore({ progress }: Checkpoint): Promise<void> {
    this.step = progress.step;
    this.best = progress.best;
    this.metrics = MeanMetrics.restore(progress.partial);
    await this.folder.rewind(progress.step, this.perEpoch);
    const epochs = (await this.folder.records()).filter(
      ({ kind }) => kind === 'epoch',
    ) as unknown as EpochRecord[];
    this.latest = epochs.at(-1);
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
      if (ends) await this.endEpoch();
      const due = this.step % (this.options.checkpointEvery ?? Number.POSITIVE_INFINITY) === 0;
      if (ends || due || interrupted) await this.save('last');
      if (interrupted) break;
    }
    // A run that stopped inside an epoch and has nothing left to do was not judged yet.
    if (!interrupted && this.latest?.step !== this.step) await this.endEpoch();
    if (!interrupted) await this.finish();
    return this.result(interrupted);
  }

  private async update({ feeds, samples, step, epoch, indices }: Batch): Promise<void> {
    const started = performance.now();
    const terms = await this.compiled.run('train', feeds);
    const seconds = (performance.now() - started) / 1000;
    for (const watch of [this.whole, this.lap]) watch.add(samples, seconds);
    const loss = terms.loss[0];
    if (!Number.isFinite(loss)) {
      const which = indices.slice(0, 8).join(', ');
      throw this.notANumber(`The loss became ${loss} at step ${step + 1} (samples ${which}…).`);
    }
    this.metrics.add(terms, samples);
    this.step = step + 1;
    if (this.step % (this.options.logEvery ?? DEFAULT_LOG_EVERY) === 0)
      await this.logStep(terms, { step, epoch });
    this.options.events?.onStep?.({ step: this.step, loss, samplesPerSecond: this.whole.rate });
  }

  private async logStep(terms: Results, { step, epoch }: Pick<Batch, 'step' | 'epoch'>): Promise<void> {
    const numbers = Object.entries(terms).map(([name, [value]]) => [name, value]);
    const scheduled = [...this.programs.train.scalars].map(([name, { schedule }]) => [name, schedule(step)]);
    const fields = Object.fromEntries([...numbers, ...scheduled]);
    await this.folder.log({ kind: 'step', step: step + 1, epoch: epoch + 1, ...fields });
  }

  private notANumber(what: string): TrainerError {
    const kept = existsSync(this.folder.checkpoint('last'))
      ? ` The last checkpoint in ${this.options.out} is untouched.`
      : '';
    return new TrainerError(
      'not-a-number',
      `${what} Lower the learning rate or set "clipNorm" in the optimizer.${kept}`,
    );
  }

  private async endEpoch(): Promise<void> {
    const step = this.step;
    const epoch = Math.ceil(step / this.perEpoch);
    await this.finiteState();
    const judge = (part: 'validation' | 'test') => evaluate(this.compiled, this.feeder(part), { step });
    const record: EpochRecord = {
      epoch,
      step,
      train: { bound: null, ...this.metrics.mean() },
      ...(this.parts.validation && { validation: await judge('validation') }),
      ...(this.options.dataset.test && { test: await judge('test') }),
      seconds: this.lap.seconds,
      samplesPerSecond: this.lap.rate,
    };
    const lost = [record.validation, record.test].find((part) => part && !Number.isFinite(part.loss));
    if (lost) throw this.notANumber(`The loss on data held back became ${lost.loss} at step ${step}.`);
    this.lap = new Stopwatch();
    // A run that goes on inside an epoch counts what was seen of it.
    if (step % this.perEpoch === 0) this.metrics = new MeanMetrics();
    this.latest = record;
    await this.folder.log({ kind: 'epoch', ...record });
    const number = String(epoch).padStart(3, '0');
    await this.pictures.epoch(`epoch-${number}`, `epoch ${number}`);
    await this.keepBest(record);
    this.options.events?.onEpoch?.(record);
  }

  /** Validation data alone decide, by the bound; without them the last weights are the result. */
  private async keepBest(record: EpochRecord): Promise<void> {
    if (!record.validation) return;
    if (this.best && !(score(record.validation) > score(this.best.validation!))) return;
    this.best = record;
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
      dataset: this.options.dataset.name,
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
    const overview = await this.pictures.latentSpace(statistics);
    const caveat = describeLikelihoodInput(recipe.data.binarize, recipe.likelihood.type);
    const weights = await this.compiled.readState();
    const manifest = await writeModelFolder(this.folder.model(), {
      manifest: describeModel({
        recipe,
        dataset,
        programs: this.programs,
        weights,
        statistics,
        metrics: this.exported!,
        engine: this.options.engine ?? 'ort',
        compiled: this.compiled,
      }),
      programs: this.programs,
      weights,
      compiled: this.compiled,
      reference: await readSamples(part, range(0, Math.min(REFERENCE_SAMPLES, part.split.size))),
      preview: decodePng(await readFile(this.folder.picture(overview))),
      caveat,
    });
    await this.pictures.film();
    await writeReport(this.folder, { manifest, statistics, caveat, overview, command: this.options.command });
  }

  /** The epoch whose weights are the result: the best by the validation part, else the last. */
  private get exported(): EpochRecord | undefined {
    return this.best ?? this.latest;
  }

  private result(interrupted: boolean): TrainResult {
    const { out, recipe } = this.options;
    const train = this.latest?.train ?? { bound: null, ...this.metrics.mean() };
    return {
      out,
      model: interrupted ? null : this.folder.model(),
      steps: this.step,
      epochs: this.step / this.perEpoch,
      samplesPerSecond: this.whole.rate,
      train: interrupted ? { bound: null, ...this.metrics.mean() } : train,
      validation: this.exported?.validation,
      test: this.exported?.test,
      interrupted,
      engine: this.compiled.description,
      seed: recipe.seed,
    };
  }

  async dispose(): Promise<void> {
    await this.compiled.dispose();
    this.unlock();
  }
}
