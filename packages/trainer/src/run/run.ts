import type { Results, State } from '../engines/engine.js';
import { letGo } from '../engines/let-go.js';
import { TrainerError } from '../errors.js';
import { sampleSize } from '../graph/shape.js';
import { effectiveBatch } from '../recipe/recipe.js';
import { type Batch, batches, inGroups, oneAhead, stepsPerEpoch } from './batches.js';
import type { Checkpoint, Progress } from './checkpoints/checkpoint.js';
import { Saving } from './checkpoints/saving.js';
import { factsOf, type RunFacts, readFacts, writeFacts } from './facts.js';
import { finishRun } from './finish.js';
import { type Flight, Flights } from './flights.js';
import { Judge } from './judge.js';
import type { Listeners } from './listeners.js';
import { MeanMetrics, type Metrics } from './metrics.js';
import { lengthOf, type Opened } from './open.js';
import { writeReport } from './report/report.js';
import { NoData } from './stop.js';
import { Stopwatch } from './stopwatch.js';
import type { Ending, EpochRecord, TrainOptions, TrainResult } from './types.js';

const DEFAULT_LOG_EVERY = 100;
/** How long the steps of one group may take. */
const MOST_GROUP_SECONDS = 0.1;

/** Whether what was trained is sound, and only looking at it failed: in the engine, or as pictures and codes were written. */
const isSound = (error: unknown): boolean =>
  error instanceof TrainerError && ['engine-failed', 'bad-file'].includes(error.code);

/** What weights are chosen by: the bound, or the loss where there is none. */
const score = ({ bound, loss }: Metrics): number => bound ?? -loss!;

/** The loop of one training run, from its first step or a checkpoint to an exported model. */
export class Run {
  private metrics = new MeanMetrics();
  private step = 0;
  private readonly whole = new Stopwatch();
  private lap = new Stopwatch();
  private latest: EpochRecord | undefined;
  /** The best by the validation part. */
  private best: EpochRecord | undefined;
  private isFinished = false;
  /** The state after a step, read once for all who look at it before the next. */
  private read: { readonly step: number; readonly state: State } | undefined;
  private readonly judge: Judge;
  private readonly saving: Saving;

  private constructor(
    private readonly options: TrainOptions,
    private readonly opened: Opened,
    private readonly listeners: Listeners,
  ) {
    opened.stop.limit(options.timeLimit);
    listeners.endWith(opened.stop);
    this.judge = new Judge(options, opened);
    this.saving = new Saving(opened.checkpoints, opened.folder, listeners, opened.progress?.step);
  }

  static async start(options: TrainOptions, opened: Opened, listeners: Listeners): Promise<Run> {
    const run = new Run(options, opened, listeners);
    if (opened.progress) await run.restore(opened.progress);
    return run;
  }

  private async restore(progress: Progress): Promise<void> {
    this.step = progress.step;
    this.metrics = MeanMetrics.restore(progress.partial);
    const records = await this.opened.folder.records();
    const epochs = records.filter(({ kind }) => kind === 'epoch') as unknown as EpochRecord[];
    this.latest = epochs.at(-1);
    const { best } = this.opened;
    const isBest = ({ validation }: EpochRecord) => validation !== undefined && score(validation) === best;
    this.best = typeof best === 'number' ? epochs.find(isBest) : best;
  }

  private get perEpoch(): number {
    return stepsPerEpoch(this.opened.parts.train, effectiveBatch(this.options.recipe));
  }

  private get totalSteps(): number {
    return lengthOf(this.options.recipe, this.opened.parts.train);
  }

  async train(): Promise<TrainResult> {
    const facts = await this.announce();
    const ended = await this.trainAndFinish().catch((error) => this.giveUp(error));
    await writeFacts(this.opened.folder, { ...facts, ended });
    await writeReport(this.opened.folder);
    // Notes are told to the last.
    this.requireNoFailure();
    return this.result(ended);
  }

  private async trainAndFinish(): Promise<Ending> {
    const ended = await this.updates();
    if (ended === 'signal') return ended;
    // A run that stopped inside an epoch and has nothing left to do was not judged yet.
    if (this.latest?.step !== this.step) await this.endEpoch();
    await this.saving.saveBest();
    this.forget();
    this.requireNoFailure();
    // The best weights, else the last ones, are what is exported.
    if (this.best) await this.takeBest();
    await this.finish();
    this.isFinished = true;
    return ended;
  }

  private async finish(): Promise<void> {
    try {
      await finishRun(this.opened, this.options, this.exported!);
    } catch (error) {
      // Data that do not come have a note of their own.
      if (!(error instanceof NoData) && this.saving.hasSaved(this.step)) {
        this.listeners.note(
          `The model and its pictures could not all be written. What was trained is saved in ${this.options.out}, after step ${this.step}: --resume writes them.`,
        );
      }
      throw error;
    }
  }

  private async takeBest(): Promise<void> {
    const { state } = await this.opened.checkpoints.loadBest();
    await this.opened.compiled.writeState(state);
    letGo(state);
  }

  /** Ends the run as it stands where its data do not come, or what was trained cannot be looked at. */
  private async giveUp(error: unknown): Promise<Ending> {
    if (isSound(error)) await this.saveWhatWasRead();
    if (!(error instanceof NoData)) {
      // What failed first is what there is to tell.
      await this.saving.saveBest().catch(() => {});
      throw error;
    }
    const hasFailed = 'cause' in error;
    // What fails before the first step leaves nothing that another start would have to replace.
    if (hasFailed && this.step === 0) throw error.cause;
    await this.saveLast();
    this.requireNoFailure();
    this.noteSaved(error.message);
    if (hasFailed) throw error.cause;
    return this.opened.stop.reason!;
  }

  /** A run that goes on judges the epoch first: nothing of it is trained again. */
  private async saveWhatWasRead(): Promise<void> {
    if (this.read?.step !== this.step || this.saving.hasSaved(this.step)) return;
    const saving = this.saveLast().then(() => this.noteSaved('What was trained could not be judged'));
    // What failed first is what there is to tell.
    await saving.catch(() => {});
  }

  private noteSaved(reason: string): void {
    this.listeners.note(
      `${reason}. The run is saved in ${this.options.out} after step ${this.step}, without a model, and can be resumed.`,
    );
  }

  private requireNoFailure(): void {
    this.listeners.requireNoFailure({ step: this.step, out: this.options.out });
  }

  private async announce(): Promise<RunFacts> {
    const { programs, compiled, folder } = this.opened;
    const shapes = [...programs.parameters.values()].map(({ shape }) => shape);
    const parameters = shapes.reduce((sum, shape) => sum + sampleSize(shape), 0);
    const length = { steps: this.totalSteps, stepsPerEpoch: this.perEpoch };
    const before = this.opened.progress && (await readFacts(folder));
    const facts = factsOf(this.opened, this.options, { ...length, parameters }, before);
    await writeFacts(folder, facts);
    const engine = compiled.description;
    const { kind } = this.options.dataset;
    const batch = effectiveBatch(this.options.recipe);
    await this.listeners.tell('onStart', {
      engine,
      kind,
      parameters,
      ...length,
      batch,
      startStep: this.step,
    });
    this.listeners.requireNoFailure();
    return facts;
  }

  private async updates(): Promise<Ending> {
    const { recipe, checkpointEvery = Number.POSITIVE_INFINITY, keepEvery = checkpointEvery } = this.options;
    const plan = {
      rows: effectiveBatch(recipe),
      fromStep: this.step,
      toStep: this.totalSteps,
      lend: () => this.opened.compiled.group?.lend?.('train'),
    };
    const isDue = (step: number) =>
      step % checkpointEvery === 0 || step % keepEvery === 0 || step === plan.toStep;
    const endsGroup = ({ lastOfEpoch, step }: Batch) => lastOfEpoch || isDue(step + 1);
    // A run may have been given up while an epoch was judged.
    if (this.step % this.perEpoch === 0 && !this.metrics.isEmpty) await this.endEpoch();
    if (this.ending() === 'patience') return 'patience';
    let isOver = false;
    // What is under way is waited for; nothing more is read or computed.
    const stops = () => isOver || (this.step > plan.fromStep && this.isStopped);
    const source = batches(this.judge.feeder('train'), plan, stops);
    const groups = oneAhead(inGroups(source, () => this.groupSize, endsGroup));
    const flights = new Flights(groups, (group) => this.start(group), stops);
    try {
      for (let flight = await flights.next(); flight; flight = await flights.next()) {
        const last = flight.group.at(-1)!;
        // Where an epoch or a checkpoint is due, and where the run stops, the state has to be that after this group.
        if (this.opened.compiled.group && !endsGroup(last) && !stops()) flights.goAhead();
        await this.land(flight);
        if (flights.isUnderWay || !(endsGroup(last) || stops())) continue;
        const endsEpoch = last.lastOfEpoch || this.step === plan.toStep;
        const ending = await this.pause(endsEpoch, isDue(this.step) || stops());
        if (ending !== 'steps') return ending;
      }
      // It may stop while data are read.
      return await this.pause(false, true);
    } finally {
      isOver = true;
    }
  }

  /** What is done while the engine has nothing to do: the end of an epoch, a checkpoint. */
  private async pause(endsEpoch: boolean, isSaved: boolean): Promise<Ending> {
    if (endsEpoch) await this.endEpoch();
    const ending = this.ending();
    if (isSaved || ending !== 'steps' || this.saving.isDue) await this.saveLast();
    this.forget();
    this.requireNoFailure();
    return ending;
  }

  /** Steps to ask for at once: what the engine likes, while a signal and the progress have to wait for a moment only. */
  private get groupSize(): number {
    const most = this.opened.compiled.group?.size ?? 1;
    const steps = (this.whole.pace * MOST_GROUP_SECONDS) / effectiveBatch(this.options.recipe);
    return Math.max(1, Math.min(most, Math.floor(steps)));
  }

  /** Whether the run is to end before the end of an epoch. */
  private get isStopped(): boolean {
    return this.opened.stop.reason !== undefined || this.listeners.failure !== undefined;
  }

  /** What ends the run before its last step, if anything does. */
  private ending(): Ending {
    if (this.step >= this.totalSteps) return 'steps';
    return this.opened.stop.reason ?? (this.isExhausted() ? 'patience' : 'steps');
  }

  private isExhausted(): boolean {
    const { patience = Number.POSITIVE_INFINITY } = this.options.recipe;
    return this.best !== undefined && Math.floor(this.step / this.perEpoch) - this.best.epoch >= patience;
  }

  /** Asks for one update, or as many as the engine takes at once. */
  private async start(group: readonly Batch[]): Promise<Results[]> {
    const { compiled } = this.opened;
    const feeds = group.map((batch) => batch.feeds);
    return compiled.group ? compiled.group.run('train', feeds) : [await compiled.run('train', feeds[0])];
  }

  /** Waits for the results of a group, and takes note of them. */
  private async land({ group, landing }: Flight): Promise<void> {
    const { results, seconds, waited } = await landing;
    const samples = group.reduce((sum, batch) => sum + batch.samples, 0);
    for (const watch of [this.whole, this.lap]) watch.add(samples, seconds, waited);
    for (const [i, batch] of group.entries()) await this.account(batch, results[i]);
  }

  /** Takes note of what one update gave. */
  private async account({ samples, step, epoch, indices }: Batch, terms: Results): Promise<void> {
    const loss = terms.loss[0];
    if (!Number.isFinite(loss)) {
      const which = indices.slice(0, 8).join(', ');
      throw this.judge.notANumber(`The loss became ${loss} at step ${step + 1} (samples ${which}…).`, step);
    }
    this.metrics.add(terms, samples);
    this.step = step + 1;
    const numbers = Object.fromEntries(Object.entries(terms).map(([name, [value]]) => [name, value]));
    if (this.step % (this.options.logEvery ?? DEFAULT_LOG_EVERY) === 0)
      await this.logStep(numbers, { step, epoch });
    const info = {
      step: this.step,
      epoch: epoch + 1,
      loss,
      terms: numbers,
      samplesPerSecond: this.whole.rate,
    };
    await this.listeners.tell('onStep', info);
  }

  private async logStep(
    numbers: Readonly<Record<string, number>>,
    { step, epoch }: Pick<Batch, 'step' | 'epoch'>,
  ): Promise<void> {
    const { folder, programs, logger } = this.opened;
    const scheduled = [...programs.train.scalars].map(([name, { schedule }]) => [name, schedule(step)]);
    const fields = { ...numbers, ...Object.fromEntries(scheduled) };
    const record = { kind: 'step', step: step + 1, epoch: epoch + 1, ...fields } as const;
    await folder.log(record);
    await logger.step(record);
  }

  private async endEpoch(): Promise<void> {
    const step = this.step;
    const epoch = Math.ceil(step / this.perEpoch);
    const state = await this.readState();
    const { record, look } = await this.judge.epoch({ epoch, step }, this.metrics, this.lap, state);
    this.lap = new Stopwatch();
    await this.opened.folder.log({ kind: 'epoch', ...record });
    this.latest = record;
    // A run that goes on inside an epoch counts what was seen of it, and so does one that has yet to log the epoch.
    if (step % this.perEpoch === 0) this.metrics = new MeanMetrics();
    const parameters = [...this.opened.programs.parameters.keys()].map((name) => [name, state[name]]);
    await this.opened.logger.epoch(record, { ...look, weights: Object.fromEntries(parameters) });
    await this.keepBest(record);
    // A copy: a listener may do with it what it likes.
    await this.listeners.tell('onEpoch', structuredClone(record));
  }

  /** Validation data alone decide, by the bound; without them the last weights are the result. */
  private async keepBest(record: EpochRecord): Promise<void> {
    if (!record.validation) return;
    if (this.best && !(score(record.validation) > score(this.best.validation!))) return;
    this.best = record;
    this.saving.keepBest(await this.checkpoint());
  }

  private async checkpoint(): Promise<Checkpoint> {
    const progress = {
      recipe: this.options.recipe,
      dataset: this.options.dataset.name,
      data: this.opened.data,
      step: this.step,
      epoch: Math.floor(this.step / this.perEpoch),
      partial: this.metrics.save(),
      best: this.best,
    };
    return { progress, state: await this.readState() };
  }

  private forget(): void {
    if (!this.read) return;
    this.saving.outlive(this.read.state);
    letGo(this.read.state);
    this.read = undefined;
  }

  private async readState(): Promise<State> {
    const { step } = this;
    if (this.read?.step === step) return this.read.state;
    this.forget();
    const state = await this.judge.finiteState(step);
    this.read = { step, state };
    return state;
  }

  private async saveLast(): Promise<void> {
    if (!this.saving.hasSaved(this.step)) await this.saving.saveLast(await this.checkpoint());
  }

  /** The epoch whose weights are the result: the best by the validation part, else the last. */
  private get exported(): EpochRecord | undefined {
    return this.best ?? this.latest;
  }

  private result(ended: Ending): TrainResult {
    const { out, recipe } = this.options;
    const { folder, compiled } = this.opened;
    const interrupted = !this.isFinished;
    const partial: Metrics = { bound: null, ...this.metrics.mean() };
    return {
      out,
      model: interrupted ? null : folder.model(),
      steps: this.step,
      epochs: this.step / this.perEpoch,
      samplesPerSecond: this.whole.rate,
      train: interrupted ? partial : (this.latest?.train ?? partial),
      validation: this.exported?.validation,
      test: this.exported?.test,
      interrupted,
      ended,
      engine: compiled.description,
      seed: recipe.seed,
    };
  }
}
