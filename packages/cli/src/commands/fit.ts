import { join } from 'node:path';
import type { Tensor, VAE } from '@vae/sdk';
import { MANIFEST_FILE, type Manifest } from '@vae/sdk/manifest';
import {
  atomicFolder,
  atomicWrite,
  counted,
  parseWhole,
  requireWritable,
  requireWritableFolder,
  type Streams,
  UsageError,
} from '@vae/trainer/terminal';
import type { Command } from 'commander';
import {
  filesWith,
  findModelFolder,
  isModelFile,
  type ModelFolder,
  manifestText,
} from '../io/model-folder.js';
import type { ItemSet } from '../io/read-dataset.js';
import { inputsHelp } from '../io/read-inputs.js';
import { assertItems, readItems } from '../io/read-items.js';
import { countItems } from '../io/write-items.js';
import { chooseSeed, noteSeed, type Session, withModel } from '../model.js';
import {
  addCount,
  addFit,
  addFolder,
  addLabel,
  addModel,
  addSeed,
  type FitOptions,
  type LabelOptions,
  labelsOfData,
  type ModelOptions,
} from '../options.js';
import { concatenate, itemSize } from '../tensors.js';

interface Options extends ModelOptions, FitOptions, LabelOptions {
  readonly components: number;
  readonly data?: string;
  readonly count?: number;
  readonly seed?: number;
  readonly output?: string;
  readonly overwrite?: boolean;
}

/** Fewer latents than this for each component, and the covariances are noise. */
const leastPerComponent = 10;

/** Digits that are written: with fewer than in memory the weights still sum to 1 within 1e-6. */
const digits = 9;

export function setUp(command: Command, streams: Streams): void {
  addModel(command)
    .addHelpText('after', '\nThe mixture is used by: vae sample MODEL --sampler mixture')
    .argument('[inputs...]', `${inputsHelp}; in place of a data set`)
    .option(
      '--data <spec>',
      'data set whose training part is used: digits, mnist:DIR, csv:FILE (default: what the model was trained on)',
    )
    .option('--components <n>', 'how many Gaussians', parseWhole('--components', { min: 1, max: 1024 }), 10);
  addFolder(command, {
    output: 'a copy of the model with the mixture',
    overwrite: 'replace the model in that folder; without -o, change the model itself',
  });
  addCount(command, 'how many of the inputs (default: all)');
  addFit(command);
  addLabel(command, labelsOfData);
  addSeed(command);
  command.action(async (source: string, inputs: string[], options: Options) => {
    assertItems(inputs, options);
    assertOutput(options);
    await withModel(source, options, streams, async (session) => {
      const { vae, output } = session;
      const manifest = manifestOf(vae);
      const folder = await findModelFolder(source);
      await requireOutput(folder, options);
      const set = await readItems(vae, inputs, options, {
        part: 'train',
        labelled: await vae.takesLabels('encoder'),
        onNote: output.note,
      });
      const means = await encode(session, set);
      const seed = await chooseSeed(options.seed);
      const { mixture, gain } = await fit(means, options.components, seed);
      const fitted: Manifest = {
        ...manifest,
        prior: { kind: 'standard-normal', ...manifest.prior, mixture },
      };
      const written = await write(fitted, folder, options);
      noteSeed(options.seed, seed, output);
      const result = {
        output: written,
        count: means.shape[0],
        components: options.components,
        seed,
        ...gain,
      };
      output.result(
        { ...result, data: set.name, device: vae.device },
        describe({ ...result, items: countItems(vae, result.count) }, itemSize(means), set.name),
      );
    });
  });
}

function assertOutput({ output, overwrite }: Options): void {
  if (output === undefined && !overwrite) {
    throw new UsageError(
      'fit: add -o with a folder for a copy of the model, or --overwrite to change the model itself.',
    );
  }
}

function manifestOf({ name, manifest }: VAE): Manifest {
  if (manifest) return manifest;
  throw new UsageError(`fit: "${name}" has no ${MANIFEST_FILE} to keep a mixture in.`);
}

/** Refuses an output that cannot be written, before the work. */
async function requireOutput({ path, bundled }: ModelFolder, { output, overwrite }: Options): Promise<void> {
  if (output !== undefined) {
    return requireWritableFolder(output, { overwrite, replaceable: isModelFile });
  }
  if (bundled) {
    throw new UsageError(`fit: "${path}" belongs to the installed package; add -o with a folder for a copy.`);
  }
  await requireWritable(join(path, MANIFEST_FILE));
}

/** The means of all items; only latents stay in memory. */
async function encode({ vae, progress }: Session, { size, batches }: ItemSet): Promise<Tensor> {
  const bar = progress('encode', size);
  const means: Tensor[] = [];
  let done = 0;
  for await (const items of batches) {
    const { label } = items;
    means.push((await vae.encode(items, { label })).mean);
    done += items.shape[0];
    bar.update({ done, fields: { items: String(done) } });
  }
  bar.finish();
  return concatenate(means);
}

/** Mean log-density of the latents, in nats each, under the mixture and under the prior that it stands beside. */
interface Gain {
  readonly logLikelihood: number;
  readonly priorLogLikelihood: number;
}

async function fit(means: Tensor, components: number, seed: number) {
  const needed = components * Math.max(leastPerComponent, itemSize(means) + 1);
  if (means.shape[0] < needed) {
    throw new UsageError(
      `fit: got ${counted(means.shape[0], 'input')}, expected at least ${needed} for ${counted(components, 'Gaussian')} ` +
        `over ${counted(itemSize(means), 'dimension')}; give more inputs or fewer --components.`,
    );
  }
  const { fitMixture } = await import('@vae/sdk/latent');
  const { mixture, logLikelihood } = fitMixture(means, { components, seed });
  const shortened = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(digits)));
  const gain: Gain = { logLikelihood, priorLogLikelihood: standardNormalLogLikelihood(means) };
  return {
    gain,
    mixture: {
      weights: shortened(mixture.weights),
      mean: mixture.mean.map(shortened),
      cholesky: mixture.cholesky.map(shortened),
    },
  };
}

/** Mean of -(|z|^2 + D ln 2 pi) / 2. */
function standardNormalLogLikelihood(latents: Tensor): number {
  const squares = latents.data.reduce((sum, value) => sum + value * value, 0);
  return -(squares / latents.shape[0] + itemSize(latents) * Math.log(2 * Math.PI)) / 2;
}

/** Whole or not at all; gives the folder that holds the mixture now. */
async function write(
  manifest: Manifest,
  folder: ModelFolder,
  { output, overwrite }: Options,
): Promise<string> {
  if (output === undefined) await atomicWrite(join(folder.path, MANIFEST_FILE), manifestText(manifest));
  else await atomicFolder(output, await filesWith(manifest, folder), { overwrite, replaceable: isModelFile });
  return output ?? folder.path;
}

function describe(
  {
    output,
    items,
    components,
    logLikelihood,
    priorLogLikelihood,
  }: Gain & { output: string; items: string; components: number },
  dimensions: number,
  name: string,
): string {
  const row = (label: string, value: number, rest = '') =>
    `${label.padEnd(16)}${value.toFixed(3).padStart(10)}${rest}`;
  return [
    `Wrote ${output}: a mixture of ${counted(components, 'Gaussian')} over ${counted(dimensions, 'dimension')}, fitted to the means of ${items} of ${name}.`,
    row('mixture', logLikelihood, ' nats per latent, log-likelihood of these means'),
    row('standard normal', priorLogLikelihood),
  ].join('\n');
}
