import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normal } from '../random/index.js';
import type { Constant, Value } from './onnx.js';
import { onnxModel } from './onnx.js';

/** A linear VAE on 1 x 2 x 3 images with two latents, small enough to compute by hand. Not published. */

export const dataShape = [1, 2, 3];
const pixels = 6;
const latents = 2;

const weights = {
  encoder: normal({ seed: 1, stream: 'encoder' }, pixels * 2 * latents),
  encoderBias: normal({ seed: 1, stream: 'encoder bias' }, 2 * latents),
  decoder: normal({ seed: 1, stream: 'decoder' }, latents * pixels),
  decoderBias: normal({ seed: 1, stream: 'decoder bias' }, pixels),
};

/** [mean 0, mean 1, logvar 0, logvar 1] of one image, in float64. */
export function encodeByHand(x: ArrayLike<number>): number[] {
  return affine(x, weights.encoder, weights.encoderBias);
}

/** Logits of one latent, in float64. */
export function logitsByHand(z: ArrayLike<number>): number[] {
  return affine(z, weights.decoder, weights.decoderBias);
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

function affine(x: ArrayLike<number>, matrix: Float32Array, bias: Float32Array): number[] {
  return Array.from(bias, (value, j) => {
    let sum: number = value;
    for (let i = 0; i < x.length; i++) sum += x[i]! * matrix[i * bias.length + j]!;
    return sum;
  });
}

const constant = (name: string, shape: number[], data: Float32Array): Constant => ({ name, shape, data });

export interface Variant {
  /** Names or shapes of the graph's interface that differ from the usual. */
  readonly encoderInput?: Value;
  readonly outputNames?: readonly [string, string];
  readonly latentDim?: number;
  readonly withoutLogits?: boolean;
  /** Name of a file that the decoder's bias is said to be in. */
  readonly externalBias?: string;
}

/** Flatten, Gemm, Split into mean and logvar. */
export function encoderModel({ encoderInput, outputNames = ['mean', 'logvar'] }: Variant = {}): Uint8Array {
  const input = encoderInput ?? { name: 'x', shape: ['N', ...dataShape] };
  return onnxModel({
    inputs: [input],
    outputs: outputNames.map((name) => ({ name, shape: ['N', latents] })),
    constants: [
      constant('w', [pixels, 2 * latents], weights.encoder),
      constant('b', [2 * latents], weights.encoderBias),
    ],
    nodes: [
      { op: 'Flatten', inputs: [input.name], outputs: ['flat'], integers: { axis: 1 } },
      { op: 'Gemm', inputs: ['flat', 'w', 'b'], outputs: ['both'] },
      { op: 'Split', inputs: ['both'], outputs: outputNames, integers: { axis: 1 } },
    ],
  });
}

/** Gemm, Reshape to images as the logits, Sigmoid. */
export function decoderModel({ withoutLogits = false, externalBias }: Variant = {}): Uint8Array {
  const image = (name: string): Value => ({ name, shape: ['N', ...dataShape] });
  return onnxModel({
    inputs: [{ name: 'z', shape: ['N', latents] }],
    outputs: withoutLogits ? [image('x')] : [image('x'), image('logits')],
    constants: [
      constant('w', [latents, pixels], weights.decoder),
      { ...constant('b', [pixels], weights.decoderBias), external: externalBias },
      { name: 'shape', shape: [4], data: BigInt64Array.from([-1n, ...dataShape.map(BigInt)]) },
    ],
    nodes: [
      { op: 'Gemm', inputs: ['z', 'w', 'b'], outputs: ['flat'] },
      { op: 'Reshape', inputs: ['flat', 'shape'], outputs: ['logits'] },
      { op: 'Sigmoid', inputs: ['logits'], outputs: ['x'] },
    ],
  });
}

export interface Parts {
  readonly encoder?: Uint8Array;
  readonly decoder?: Uint8Array;
  /** Top-level fields of the manifest to replace. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The model as `VAE.load` takes bytes. */
export function modelBytes({ encoder = encoderModel(), decoder = decoderModel(), fields = {} }: Parts = {}) {
  const file = (path: string, bytes: Uint8Array) => ({ path, bytes: bytes.length, sha256: digest(bytes) });
  const manifest = {
    format: 'vae',
    version: 1,
    name: 'tiny',
    data: { kind: 'image', shape: dataShape, range: [0, 1] },
    latent: { kind: 'gaussian', shape: [latents] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    files: { encoder: file('encoder.onnx', encoder), decoder: file('decoder.onnx', decoder) },
    ...fields,
  };
  return { manifest, encoder, decoder };
}

/** The model as a folder in the system's temporary folder. */
export async function modelFolder(parts: Parts = {}): Promise<string> {
  const { manifest, encoder, decoder } = modelBytes(parts);
  const folder = await mkdtemp(join(tmpdir(), 'vae-sdk-'));
  await writeFile(join(folder, 'vae.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'encoder.onnx'), encoder);
  await writeFile(join(folder, 'decoder.onnx'), decoder);
  return folder;
}
