import { describeLikelihoodInput } from '../data/index.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Metrics } from '../run/metrics.js';
import type { EpochRecord, TrainEvents } from '../run/types.js';
import { createProgress, type Output, type Progress, type Streams } from '../terminal/index.js';

/** The usual terms on one line, in nats per sample. */
export function describeMetrics(metrics: Metrics): string {
  return ['loss', 'bound', 'reconstruction', 'kl']
    .filter((name) => typeof metrics[name] === 'number')
    .map((name) => `${name} ${metrics[name]!.toFixed(3)}`)
    .join('  ');
}

function describeEpoch({ epoch, train, validation, test, samplesPerSecond }: EpochRecord): string {
  const parts = { train, validation, test };
  const lines = Object.entries(parts).flatMap(([name, metrics]) =>
    metrics ? [`${name}: ${describeMetrics(metrics)}`] : [],
  );
  return `epoch ${epoch}  ${lines.join('  |  ')}  |  ${Math.round(samplesPerSecond)} samples/s`;
}

/** Shows a run as it goes: a bar on a terminal, plain lines elsewhere. */
export function reportProgress(
  recipe: Recipe,
  streams: Streams,
  output: Output,
): TrainEvents & { finish(): void } {
  let bar: Progress | undefined;
  let stepsPerEpoch = 1;
  return {
    onStart: (info) => {
      stepsPerEpoch = info.stepsPerEpoch;
      output.note(
        `${recipe.name}: ${info.parameters} parameters, ${info.steps} steps of ${recipe.batch}, ${info.engine}`,
      );
      if (recipe.objective.type !== 'autoencoder')
        output.note(describeLikelihoodInput(recipe.data.binarize, recipe.likelihood.type));
      if (info.startStep > 0) output.note(`resumed after step ${info.startStep}`);
      if (info.startStep >= info.steps) output.note('nothing left to train; the model is exported again');
      bar = createProgress({
        stream: streams.stderr,
        total: info.steps,
        label: 'train',
        startAt: info.startStep,
      });
    },
    onStep: ({ step, loss, samplesPerSecond }) =>
      bar?.update({
        done: step,
        fields: {
          epoch: String(Math.ceil(step / stepsPerEpoch)),
          loss: loss.toFixed(2),
          'samples/s': String(Math.round(samplesPerSecond)),
        },
      }),
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
