import type { Manifest } from '@vae/sdk/manifest';
import { loadRuntime } from '@vae/sdk/runtime';
import { TrainerError } from '../errors.js';
import { diffusersNames } from './diffusers-graph.js';
import type { HalfName, Halves } from './halves.js';
import { drawInputs, feedOf, SAMPLES, type Samples } from './reference-inputs.js';
import { withSessions } from './sessions.js';
import { mismatch, TOLERANCE } from './verify.js';

/** Batch sizes at which files are compared. */
const BATCHES = [1, 7, SAMPLES];

/** Folder of a half, by diffusers' convention. */
export const diffusersFolders: Readonly<Record<HalfName, string>> = {
  encoder: 'vae_encoder',
  decoder: 'vae_decoder',
};

/**
 * Refuses a model that the convention has no words for.
 *
 * @throws TrainerError "bad-option"
 */
export function assertDiffusers({ data, latent, labels }: Manifest): void {
  if (labels?.conditional)
    throw new TrainerError(
      'bad-option',
      '--layout diffusers has no place for labels, and the model is conditioned on classes. Leave it out.',
    );
  if (data.kind === 'image' && latent.shape.length === 1) return;
  throw new TrainerError(
    'bad-option',
    `--layout diffusers is for images and latent vectors; the model has data of kind ${data.kind} and latents of shape [${latent.shape}]. Leave it out.`,
  );
}

/** Statistics of the latents, by which diffusers brings them to mean 0 and deviation 1. */
function statisticsOf({ prior }: Manifest): { latents_mean: number[] | null; latents_std: number[] | null } {
  const { mean, std } = prior ?? {};
  const usable = mean && std?.every((value) => value > 0);
  return { latents_mean: usable ? mean : null, latents_std: usable ? std! : null };
}

/** What diffusers and optimum read beside a model.onnx. */
function configOf(manifest: Manifest): string {
  const [channels, height, width] = manifest.data.shape;
  const config = {
    _class_name: manifest.latent.kind === 'gaussian' ? 'AutoencoderKL' : 'AutoencoderDC',
    in_channels: channels,
    out_channels: channels,
    latent_channels: manifest.latent.shape[0],
    sample_size: Math.max(height, width),
    scaling_factor: 1,
    ...statisticsOf(manifest),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The files of a model as diffusers and optimum lay them out, but for the model card. */
export const diffusersFiles = (
  manifest: Manifest,
  { encoder, decoder }: Halves,
): [name: string, content: Uint8Array | string][] =>
  Object.entries({ encoder, decoder }).flatMap(([half, bytes]): [string, Uint8Array | string][] => {
    const folder = diffusersFolders[half as HalfName];
    return [
      [`${folder}/model.onnx`, bytes],
      [`${folder}/config.json`, configOf(manifest)],
    ];
  });

/** Rows of two matrices side by side. */
function sideBySide(first: Float32Array, second: Float32Array, rows: number): Float32Array {
  const size = first.length / rows;
  const both = new Float32Array(2 * first.length);
  for (let row = 0; row < rows; row++) {
    both.set(first.subarray(row * size, (row + 1) * size), 2 * row * size);
    both.set(second.subarray(row * size, (row + 1) * size), (2 * row + 1) * size);
  }
  return both;
}

type Numbers = Readonly<Record<string, { readonly data: unknown }>>;

/** What a file of the convention takes and should give, from what ours takes and gives. */
const translations: Readonly<
  Record<
    HalfName,
    (
      given: Samples,
      count: number,
      results: Numbers,
      toPixels: (x: Float32Array) => Float32Array,
    ) => {
      readonly input: Samples;
      readonly output: string;
      readonly expected: Float32Array;
    }
  >
> = {
  encoder: (given, count, { mean, logvar }, toPixels) => {
    const input = { ...given, name: diffusersNames.pixels, data: toPixels(given.data) };
    const means = mean.data as Float32Array;
    return logvar
      ? {
          input,
          output: diffusersNames.moments,
          expected: sideBySide(means, logvar.data as Float32Array, count),
        }
      : { input, output: diffusersNames.latents, expected: means };
  },
  decoder: (given, _, { x }, toPixels) => ({
    input: { ...given, name: diffusersNames.latents, shape: [...given.shape, 1, 1] },
    output: diffusersNames.pixels,
    expected: toPixels(x.data as Float32Array),
  }),
};

/**
 * Runs files of the convention beside ours, on latents from the prior, data decoded from them and noise.
 *
 * @param tolerance in units of max(1, largest |expected|)
 * @throws TrainerError "export-mismatch" where they differ by more than rounding
 */
export async function verifyDiffusers(
  converted: Halves,
  ours: Halves,
  { manifest, tolerance }: { readonly manifest: Manifest; readonly tolerance: number },
): Promise<void> {
  const [low, high] = manifest.data.range ?? [0, 1];
  const toPixels = (x: Float32Array) => x.map((value) => (2 * (value - low)) / (high - low) - 1);
  const runtime = await loadRuntime();
  const inputs = await withSessions(runtime, [ours.decoder], ([decoder]) => drawInputs(manifest, decoder));
  for (const half of ['encoder', 'decoder'] as const)
    await withSessions(runtime, [converted[half], ours[half]], async ([session, reference]) => {
      for (const count of BATCHES) {
        const results = await reference.run(feedOf(inputs[half], count));
        const { input, output, expected } = translations[half](inputs[half], count, results, toPixels);
        const got = (await session.run(feedOf(input, count)))[output];
        const excess =
          (mismatch((got?.data as Float32Array | undefined) ?? [], expected) * TOLERANCE) / tolerance;
        if (excess <= 1) continue;
        throw new TrainerError(
          'export-mismatch',
          `${diffusersFolders[half]}/model.onnx: output "${output}" differs from ${half}.onnx by ${excess.toPrecision(3)} times ` +
            `the tolerance of ${tolerance} at batch ${count}. Nothing was exported; please report this with the recipe.`,
        );
      }
    });
}
