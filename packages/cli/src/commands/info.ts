import type { VAE } from '@vae/sdk';
import type { ImagePreparation, Manifest, Normalization } from '@vae/sdk/manifest';
import { counted, oneLine, type Streams } from '@vae/trainer/terminal';
import type { Command } from 'commander';
import { hasPrior } from '../has-prior.js';
import { withModel } from '../model.js';
import { addModel, type ModelOptions } from '../options.js';

const shownNames = 20;

export function setUp(command: Command, streams: Streams): void {
  addModel(command).action(async (source: string, options: ModelOptions) => {
    await withModel(source, { ...options, anyModel: true }, streams, async ({ vae, output }) => {
      const { manifest, name, data, latent, likelihood, labels } = vae;
      const { encoder, decoder } = manifest?.files ?? {};
      const sizeBytes = { encoder: encoder?.bytes, decoder: decoder?.bytes };
      const found = {
        name,
        data,
        latent,
        likelihood,
        ...(labels && { labels: { ...labels, conditional: true } }),
      };
      output.result(manifest ? { ...manifest, sizeBytes } : found, describe(manifest ?? found));
    });
  });
}

/** A manifest, or what the SDK found out about files without one. */
type Described = Partial<Omit<Manifest, 'data' | 'latent' | 'likelihood' | 'labels'>> & {
  readonly labels?: VAE['labels'] & { readonly conditional: boolean };
  readonly name: string;
  readonly data: Omit<VAE['data'], 'layout'> & Partial<Pick<Manifest['data'], 'preprocess'>>;
  readonly latent: VAE['latent'];
  readonly likelihood: VAE['likelihood'];
};

/** A line per part; what is absent is left out. */
function describe(manifest: Described): string {
  const { data, latent, likelihood, files, prior, labels, training, metrics } = manifest;
  const { binarize, normalize, image } = data.preprocess ?? {};
  const file = (part?: { path: string; bytes: number }) => part && [part.path, `${part.bytes} bytes`];
  const sizes = (shape: readonly number[]) => shape.map((size) => (size === -1 ? 'any' : size)).join(' × ');
  const numbers = (values?: Record<string, number>) =>
    values && Object.entries(values).map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`);
  const rows: Record<string, readonly (string | false | undefined)[] | undefined> = {
    model: [manifest.name, manifest.license],
    data: [
      data.kind,
      sizes(data.shape),
      data.range && `values ${data.range.join(' to ')}`,
      normalize && describeNormalize(normalize),
      binarize !== undefined && `binarised: ${binarize}`,
    ],
    columns: data.columns && [describeNames(data.columns)],
    pictures: image && describeImage(image, data.shape),
    latent: [latent.kind, sizes(latent.shape)],
    likelihood: [
      likelihood.kind,
      'variance' in likelihood && `variance ${likelihood.variance}`,
      'scale' in likelihood && `scale ${likelihood.scale}`,
    ],
    encoder: file(files?.encoder),
    decoder: file(files?.decoder),
    prior: prior && [
      hasPrior(latent.kind, prior) ? prior.kind : 'none, as this is a plain autoencoder',
      prior.mixture && `mixture of ${counted(prior.mixture.weights.length, 'Gaussian')}`,
      prior.kl && `KL per dimension ${prior.kl.map((kl) => kl.toFixed(2)).join(' ')}`,
    ],
    classes: labels && [
      labels.classes ? describeNames(labels.classes) : labels.count?.toString(),
      labels.conditional && 'conditional',
    ],
    training: training && [
      training.dataset,
      training.seed !== undefined && `seed ${training.seed}`,
      training.steps !== undefined && counted(training.steps, 'step'),
      training.engine,
      training.device,
    ],
    train: numbers(metrics?.train),
    validation: numbers(metrics?.validation),
    test: numbers(metrics?.test),
  };
  return Object.entries(rows)
    .filter(([, parts]) => parts !== undefined)
    .map(([label, parts]) => oneLine(`${label.padEnd(12)}${parts!.filter(Boolean).join(', ')}`))
    .join('\n');
}

/** The first names, and how many there are where that is not all. */
function describeNames(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).join(', ');
  return names.length > shownNames ? `${shown}, … (${names.length} in all)` : shown;
}

/** In the words of somebody who passes values in their own units. */
function describeNormalize({ clip }: Normalization): string {
  return `(value - offset) / scale${clip ? ` cut off at ${clip.join(' and ')}` : ''}`;
}

/** What becomes of a picture of any size. */
function describeImage(
  { fit, window, resized, kernel }: ImagePreparation,
  [channels, ...size]: readonly number[],
): string[] {
  const [height, width] = resized ?? size;
  return [
    'any size',
    window ? `the middle ${window[1]} × ${window[0]}` : '',
    `${fit === 'cover' ? 'cut and scaled' : 'both sides scaled'} to ${width} × ${height} (${kernel})`,
    resized ? `the middle ${size[1]} × ${size[0]} of that` : '',
    channels === 1 ? 'luma' : '',
  ];
}
