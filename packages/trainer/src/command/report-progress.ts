import type { Recipe } from '../recipe/recipe.js';
import { caveatOf } from '../run/caveat.js';
import type { Metrics } from '../run/metrics.js';
import type { EpochRecord, StartInfo, StepInfo, TrainEvents } from '../run/types.js';
import { createProgress, type Output, type Progress, type Streams } from '../terminal/index.js';
import { counted } from '../text/counted.js';

/** The usual terms on one line, in nats per sample. */
export function describeMetrics(metrics: Metrics): string {
  return ['loss', 'bound', 'reconstruction', 'kl']
    .filter((name) => typeof metrics[name] === 'number')
    .map((name) => `${name} ${metrics[name]!.toFixed(3)}`)
    .join('  ');
}

function describeEpoch({
  epoch,
  train,
  validation,
  test,
  activeUnits,
  samplesPerSecond,
}: EpochRecord): string {
  const parts = { train, validation, test };
  const lines = Object.entries(parts).flatMap(([name, metrics]) =>
    metrics ? [`${name}: ${describeMetrics(metrics)}`] : [],
  );
  const code = activeUnits === undefined ? [] : [`active units ${activeUnits}`];
  return [
    `epoch ${epoch}  ${lines.join('  |  ')}`,
    ...code,
    `${Math.round(samplesPerSecond)} samples/s`,
  ].join('  |  ');
}

/** Means of the terms over the steps of the epoch under way: one batch's numbers jump too much to be read. */
class EpochMeans {
  private epoch = 0;
  private steps = 0;
  private sums: Record<string, number> = {};

  add({ epoch, terms }: StepInfo): void {
    if (epoch !== this.epoch) [this.epoch, this.steps, this.sums] = [epoch, 0, {}];
    this.steps++;
    for (const [name, value] of Object.entries(terms)) this.sums[name] = (this.sums[name] ?? 0) + value;
  }

  /** The loss first, then what it is made of. */
  fields(): Record<string, string> {
    const shown = ['loss', 'reconstruction', 'kl'].filter((name) => name in this.sums);
    return Object.fromEntries(shown.map((name) => [name, (this.sums[name] / this.steps).toFixed(2)]));
  }
}

/** How long the run will go, and what says so. */
function describeLength(
  { steps, stepsPerEpoch, batch }: StartInfo,
  { accumulate = 1, patience, steps: asked }: Recipe,
): string {
  const exact = steps / stepsPerEpoch;
  // A few steps of a large part are some of an epoch, not none.
  const epochs = Number(exact.toFixed(2)) || Number(exact.toPrecision(1));
  const parts = accumulate === 1 ? '' : ` (${accumulate} batches of ${batch / accumulate})`;
  const early = patience === undefined ? '' : 'at most ';
  const why = asked === undefined ? 'by "epochs"' : 'by "steps"';
  return `length: ${early}${counted(steps, 'step')} of ${counted(batch, 'sample')}${parts}, ${counted(epochs, 'epoch')}, ${why}`;
}

/** Shows a run as it goes: a bar on a terminal, plain lines elsewhere. */
export function reportProgress(
  recipe: Recipe,
  streams: Streams,
  output: Output,
): TrainEvents & { finish(): void } {
  let bar: Progress | undefined;
  let epochs = 0;
  const means = new EpochMeans();
  return {
    onStart: (info) => {
      epochs = Math.ceil(info.steps / info.stepsPerEpoch);
      output.note(`${recipe.name}: ${counted(info.parameters, 'parameter')}, ${info.engine}`);
      output.note(describeLength(info, recipe));
      if (recipe.objective.type !== 'autoencoder') output.note(caveatOf(recipe, info.kind));
      const left = info.steps - info.startStep;
      if (info.startStep > 0) output.note(`resumed after step ${info.startStep}, ${Math.max(left, 0)} to go`);
      if (left <= 0) output.note('nothing left to train; the model is exported again');
      bar = createProgress({
        stream: streams.stderr,
        total: info.steps,
        label: 'train',
        startAt: info.startStep,
      });
    },
    onStep: (info) => {
      means.add(info);
      bar?.update({
        done: info.step,
        fields: {
          epoch: `${info.epoch}/${epochs}`,
          ...means.fields(),
          'samples/s': String(Math.round(info.samplesPerSecond)),
        },
      });
    },
    onEpoch: (record) => bar?.line(describeEpoch(record)),
    onNote: (text) => output.note(text),
    finish: () => bar?.finish(),
  };
}

/** A bar for each file that is fetched. */
export function downloadProgress(
  streams: Streams,
): (state: { file: string; loaded: number; total?: number }) => void {
  let current: { file: string; bar: Progress } | undefined;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return ({ file, loaded, total = loaded }) => {
    if (current?.file !== file) {
      current?.bar.finish();
      current = { file, bar: createProgress({ stream: streams.stderr, total, label: file }) };
    }
    current.bar.update({ done: loaded, fields: { MB: `${megabytes(loaded)}/${megabytes(total)}` } });
    if (loaded >= total) current.bar.finish();
  };
}
