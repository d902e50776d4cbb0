import type { LogRecord } from '../folder.js';
import type { Metrics } from '../metrics.js';
import { type Curves, PARTS, type PartName, type Point } from './curves.js';

/** An epoch's line of metrics.jsonl. */
export interface Epoch extends LogRecord {
  readonly train: Metrics;
  readonly validation?: Metrics;
  readonly test?: Metrics;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of the time that updates waited for data; absent in logs of older versions. */
  readonly waited?: number;
  readonly klPerDimension?: readonly number[];
  readonly activeUnits?: number;
}

/** What the log holds beside terms of the objective. */
const NOT_TERMS = new Set([
  'kind',
  'step',
  'epoch',
  'gradientNorm',
  'learningRate',
  'samples',
  'standardError',
]);
const FIRST = ['bound', 'loss', 'reconstruction', 'kl'];

/** What the log says about a run. */
export interface History {
  readonly steps: readonly LogRecord[];
  /** One per epoch: the last, where a run stopped inside it and went on. */
  readonly epochs: readonly Epoch[];
  /** Of all updates. */
  readonly seconds: number;
}

export function readHistory(records: readonly LogRecord[]): History {
  const epochs = records.filter(({ kind }) => kind === 'epoch') as Epoch[];
  return {
    steps: records.filter(({ kind }) => kind === 'step'),
    epochs: [...new Map(epochs.map((epoch) => [epoch.epoch, epoch])).values()],
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** The term that `standardError` belongs to, and that decides which weights are best. */
export const judgedTerm = ({ bound }: Metrics): 'bound' | 'loss' =>
  typeof bound === 'number' ? 'bound' : 'loss';

/** The epoch that validation chose; undefined without validation, where the last weights are the result. */
export function bestEpoch(epochs: readonly Epoch[]): Epoch | undefined {
  const score = ({ validation }: Epoch) => validation?.bound ?? -(validation?.loss ?? Infinity);
  const judged = epochs.filter(({ validation }) => validation !== undefined);
  return judged.reduce<Epoch | undefined>(
    (best, epoch) => (best && score(best) >= score(epoch) ? best : epoch),
    undefined,
  );
}

/** Names of the objective's terms, all in nats; the usual ones first. */
export function termNames(metrics: readonly (Readonly<Record<string, unknown>> | undefined)[]): string[] {
  const found = new Set(
    metrics.flatMap((one) => Object.keys(one ?? {})).filter((name) => !NOT_TERMS.has(name)),
  );
  return [...FIRST.filter((name) => found.has(name)), ...[...found].filter((name) => !FIRST.includes(name))];
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

type Reader = (part: PartName, name: string) => Point[];

const overEpochs =
  (epochs: readonly Epoch[]): Reader =>
  (part, name) =>
    epochs.map((epoch) => ({ x: epoch.epoch, y: numberOrNull(epoch[part]?.[name]) }));

/** Training at each logged step; the other parts are judged once an epoch. */
const overSteps =
  ({ steps, epochs }: Pick<History, 'steps' | 'epochs'>): Reader =>
  (part, name) =>
    part === 'train' && steps.length > 0
      ? steps.map((record) => ({ x: record.step, y: numberOrNull(record[name]) }))
      : epochs.map((epoch) => ({ x: epoch.step, y: numberOrNull(epoch[part]?.[name]) }));

/** A drawing's content; undefined where nothing was logged under the name. */
function curves(name: string, labels: Curves['labels'], read: Reader): Curves | undefined {
  const series = PARTS.map((part) => ({ name: part, points: read(part, name) })).filter(({ points }) =>
    points.some(({ y }) => y !== null),
  );
  return series.length > 0 ? { title: TITLES[name] ?? name, labels, series } : undefined;
}

const TITLES: Readonly<Record<string, string>> = {
  gradientNorm: 'gradient norm',
  learningRate: 'learning rate',
  kl: 'KL',
};

/** The part of the data that codes are looked at: held back from training where there is such. */
const shownPart = ({ validation, test }: Epoch): PartName =>
  test ? 'test' : validation ? 'validation' : 'train';

/** How many dimensions of the code are in use, over epochs. */
export function activeUnitsCurve(epochs: readonly Epoch[]): Curves | undefined {
  const read: Reader = (part) =>
    epochs.map((epoch) => ({
      x: epoch.epoch,
      y: shownPart(epoch) === part ? numberOrNull(epoch.activeUnits) : null,
    }));
  const drawn = curves('active units', { x: 'epoch', y: 'dimensions' }, read);
  return drawn && epochs.length > 1 ? { ...drawn, whole: true } : undefined;
}

/** One drawing per term over epochs, or over steps where there is one epoch only; then what the optimiser did. */
export function historyCurves(history: History): Curves[] {
  const { steps, epochs } = history;
  const few = epochs.length < 2;
  const x = few ? 'step' : 'epoch';
  const read = few ? overSteps(history) : overEpochs(epochs);
  const logged = epochs.length > 0 ? epochs.flatMap((epoch) => PARTS.map((part) => epoch[part])) : steps;
  const terms = termNames(logged);
  const bySteps = overSteps({ steps, epochs: [] });
  return [
    ...terms.map((name) => curves(name, { x, y: 'nats per sample' }, read)),
    curves('gradientNorm', { x, y: 'norm of the whole gradient' }, read),
    curves('learningRate', { x: 'step', y: 'step size' }, bySteps),
  ].filter((one) => one !== undefined);
}
