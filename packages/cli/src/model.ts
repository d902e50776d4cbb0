import type { VAE } from '@vae/sdk';
import {
  createOutput,
  createProgress,
  type Output,
  type Progress,
  type Streams,
  UsageError,
} from '@vae/trainer/terminal';
import type { ModelOptions } from './options.js';

/** A loaded model and where to print; what a command's work is given. */
export interface Session {
  readonly vae: VAE;
  readonly output: Output;
  progress(label: string, total: number): Progress;
}

/** Loads a model, does the work, and lets go of the model whatever happens. */
export async function withModel(
  source: string,
  { device, threads, json }: ModelOptions,
  streams: Streams,
  work: (session: Session) => Promise<void>,
  { anyModel = false }: { readonly anyModel?: boolean } = {},
): Promise<void> {
  const { VAE } = await import('@vae/sdk');
  const vae = await VAE.load(source, { device, threads });
  try {
    if (!anyModel) assertPictures(source, vae);
    await work({
      vae,
      output: createOutput({ json, streams }),
      progress: (label, total) => createProgress({ stream: streams.stderr, label, total }),
    });
  } finally {
    await vae.dispose();
  }
}

/** Commands read and write pictures as [channels, height, width] in 0 to 1; anything else would come out wrong. */
function assertPictures(source: string, { data: { kind, shape, layout, range } }: VAE): void {
  const usual = layout === 'chw' && !shape.includes(-1) && (!range || (range[0] === 0 && range[1] === 1));
  if (kind !== 'image' || usual) return;
  const sizes = shape.map((size) => (size === -1 ? 'any' : size)).join(' × ');
  const values = range ? `, values ${range.join(' to ')}` : '';
  throw new UsageError(
    `"${source}" takes images ${sizes} (${layout})${values}; commands know C × H × W of one size in 0 to 1. Use the model from @vae/sdk.`,
  );
}

/** The given seed, or a new one. */
export async function chooseSeed(seed: number | undefined): Promise<number> {
  if (seed !== undefined) return seed;
  const { freshSeed } = await import('@vae/sdk/random');
  // Half of the bits are enough, and short enough to type again.
  return freshSeed() % 2 ** 32;
}

/** Once all has gone well: how to repeat a run whose seed was drawn. */
export function noteSeed(given: number | undefined, used: number | undefined, output: Output): void {
  if (given === undefined && used !== undefined)
    output.note(`Seed ${used}; add --seed ${used} to repeat this.`);
}
