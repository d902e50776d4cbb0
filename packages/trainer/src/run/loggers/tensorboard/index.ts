import { readdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fillNormal } from '@vae/sdk/random';
import { makeFolder } from '../../../files/make-folder.js';
import type { LogRecord, RunFolder } from '../../folder.js';
import type { Codes } from '../../latent/codes.js';
import type { EpochRecord } from '../../types.js';
import { type EpochLook, epochScalars, type Logger, type LoggerKind, numbersOf } from '../logger.js';
import { histogram, image, restartEvent, scalar, summaryEvent, versionEvent } from './events.js';
import { histogramOf } from './histogram.js';
import { tfRecord } from './records.js';

/** Dimensions of the code with a histogram of their own. */
const MAX_DIMENSIONS = 32;

const seconds = (): number => Date.now() / 1000;

/** TensorBoard reads a run's files in the order of their names, so numbers come before the time. */
function nextName(folder: RunFolder): string {
  const number = readdirSync(folder.tensorboard()).filter((name) => name.includes('tfevents')).length + 1;
  return `events.out.tfevents.${String(number).padStart(4, '0')}.${Math.floor(seconds())}`;
}

/** One draw from q(z|x) for each sample: together, draws from the aggregated posterior. */
function drawCodes({ mean, logvar }: Codes, seed: number): Float32Array {
  const z = new Float32Array(mean.length);
  if (!logvar) return mean;
  fillNormal(z, { seed, stream: 'aggregatedPosterior' });
  for (let i = 0; i < z.length; i++) z[i] = mean[i] + Math.exp(logvar[i] / 2) * z[i];
  return z;
}

const column = (z: Float32Array, latent: number, dimension: number): Float32Array =>
  Float32Array.from({ length: z.length / latent }, (_, row) => z[row * latent + dimension]);

/** A file of TensorBoard events. What is written is on its way to the disk at once: a killed run loses nothing. */
class EventFile implements Logger {
  constructor(
    private readonly file: FileHandle,
    private readonly seed: number,
  ) {}

  private async write(...events: readonly Uint8Array[]): Promise<void> {
    await this.file.appendFile(Buffer.concat(events.map(tfRecord)));
  }

  async begin(startStep: number): Promise<void> {
    const restart = startStep > 0 ? [restartEvent(seconds(), startStep + 1)] : [];
    await this.write(versionEvent(seconds()), ...restart);
  }

  async step({ step, epoch: _, ...fields }: LogRecord): Promise<void> {
    const scalars = numbersOf(fields).map(([name, value]) => scalar(`step/${name}`, value));
    await this.write(summaryEvent(seconds(), step, scalars));
  }

  async epoch(record: EpochRecord, { weights, codes, pictures }: EpochLook): Promise<void> {
    const scalars = epochScalars(record).map(([name, value]) => scalar(name, value));
    const z = drawCodes(codes, this.seed);
    const spread = Array.from({ length: Math.min(codes.latent, MAX_DIMENSIONS) }, (_, d) =>
      histogram(`aggregatedPosterior/z${d}`, histogramOf(column(z, codes.latent, d))),
    );
    const values = [
      ...scalars,
      ...spread,
      ...Object.entries(weights).map(([name, { data }]) => histogram(`weights/${name}`, histogramOf(data))),
      ...Object.entries(pictures ?? {}).map(([name, picture]) => image(`pictures/${name}`, picture)),
    ];
    await this.write(summaryEvent(seconds(), record.step, values));
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/**
 * TensorBoard event files in the run folder's `tensorboard/`, a new one each time that a run goes on.
 *
 * @see https://github.com/tensorflow/tensorboard/blob/2.21/tensorboard/compat/proto/event.proto
 */
export const tensorboard: LoggerKind = {
  summary: 'event files in the run folder, for TensorBoard',
  async open(_argument, { folder, recipe, startStep }) {
    await makeFolder(folder.tensorboard());
    // Never into a file that is there: TensorBoard may be reading it.
    const file = await open(join(folder.tensorboard(), nextName(folder)), 'ax');
    const events = new EventFile(file, recipe.seed);
    await events.begin(startStep);
    return events;
  },
};
