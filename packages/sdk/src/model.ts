import type { DiffusionScaling } from './latent/diffusion-latents.js';
import type { Normalization } from './manifest/normalize.js';
import type { ImagePreparation, Manifest } from './manifest/schema.js';

/** What a graph's input or output stands for. */
export type Role = 'x' | 'logits' | 'mean' | 'logvar';

/** One value that a graph gives, and where in the graph's outputs it is. */
export interface Port {
  readonly role: Role;
  /** Name of the graph's output. */
  readonly output: string;
  /** Shape of one item of the value; -1 is a size that the graph leaves open. */
  readonly item: readonly number[];
  /** Shape in which the graph gives as many numbers, where it is another one. */
  readonly given?: readonly number[];
  /** The value is the first (0) or second (1) half of the output along this axis of an item. */
  readonly part?: { readonly axis: number; readonly half: 0 | 1 };
  /** What turns the output into the value: 'sigmoid' of logits; of what a spread may be, see foreign/spread.ts. */
  readonly map?: 'sigmoid' | 'log-square' | 'double' | 'log' | 'oobleck';
  /** What an output is where that gives NaN, after "output 'a' is ". */
  readonly outside?: string;
  /** Limits put on the value. */
  readonly clamp?: readonly [number, number];
  /** A graph may come without it. */
  readonly optional?: boolean;
}

/** How to use one graph. */
export interface GraphSpec {
  readonly input: { readonly name: string; readonly item: readonly number[] };
  readonly outputs: readonly Port[];
  /** Items per run where the graph fixes their number. */
  readonly batch?: number;
  /** Name of the input for labels, of which the loaded graph says how it takes them. */
  readonly label?: string;
}

export interface DataSpec {
  readonly kind: 'image' | 'vector' | 'sequence' | 'audio';
  /** Shape of one item, the graph's and the caller's; -1 is any size. */
  readonly shape: readonly number[];
  /** Order of an image's axes: channels first, channels last, or all in one row. */
  readonly layout: 'chw' | 'hwc' | 'flat';
  /** What the numbers of a row are called, in their order, where the manifest has names. */
  readonly columns?: readonly string[];
  /** Lowest and highest value that the graphs take and give, after `normalize`; absent: any finite value. */
  readonly range?: readonly [number, number];
  /** How arrays in the data's own units become what the encoder takes, and what the decoder gives becomes those again. */
  readonly normalize?: Normalization;
  /** Inputs above it, after `normalize`, become 1, others 0. */
  readonly threshold?: number;
  /** How pictures of any size become items: as those did that the model was trained on. */
  readonly preparation?: ImagePreparation;
}

/**
 * - `gaussian`: a mean and a log-variance per dimension
 * - `deterministic`: a plain autoencoder's code
 * - `sampled`: the encoder's graph draws from its posterior itself and keeps mean and variance to itself
 * - `categorical`, `vector-quantised`: discrete codes
 */
export interface LatentSpec {
  readonly kind: 'gaussian' | 'deterministic' | 'sampled' | 'categorical' | 'vector-quantised';
  /** Shape of one latent; -1 is any size. */
  readonly shape: readonly number[];
}

export type LikelihoodSpec = Manifest['likelihood'];

/** What a conditional model is told beside data and latents: a class, or a vector of conditions. */
export interface LabelSpec {
  /** How many classes; absent where only vectors are taken. */
  readonly count?: number;
  /** Names of the classes, in the order of their numbers, where they have any. */
  readonly classes?: readonly string[];
}

/** All that has to be known to use a model: read from vae.json, or found out from somebody else's files. */
export interface ModelSpec {
  readonly name: string;
  readonly data: DataSpec;
  readonly latent: LatentSpec;
  readonly likelihood: LikelihoodSpec;
  /** Of a conditional model of others; of one with a vae.json that says it. */
  readonly labels?: LabelSpec;
  readonly encoder?: GraphSpec;
  readonly decoder?: GraphSpec;
  /** Pixels per latent along height and width, where it was told; else the shapes tell, unless they are open. */
  readonly factor?: number;
  readonly diffusion?: DiffusionScaling;
  /** Where there is a vae.json. */
  readonly manifest?: Manifest;
}

export type HalfName = 'encoder' | 'decoder';

/** A model's file, checked, as a runtime takes it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  /** Weights that the graph keeps in files of their own, by the name that the graph uses. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** A model's description and a way to its files. */
export interface OpenModel {
  readonly spec: ModelSpec;
  /** What errors call a half, such as "models/mnist-conv encoder.onnx". */
  whereOf(half: HalfName): string;
  /** A half whose size and checksum are those of the manifest, where there is one. */
  read(half: HalfName, signal?: AbortSignal): Promise<ModelFile>;
}

/** What a manifest says, in the words above. */
export function specOf(manifest: Manifest): ModelSpec {
  const { name, data, latent, likelihood, files } = manifest;
  const { binarize: threshold, normalize, image } = data.preprocess ?? {};
  const roles: readonly Role[] = latent.kind === 'gaussian' ? ['mean', 'logvar'] : ['mean'];
  return {
    name,
    manifest,
    data: {
      kind: data.kind,
      shape: data.shape,
      layout: data.kind === 'image' ? 'chw' : 'flat',
      ...(data.columns && { columns: data.columns }),
      ...(data.range && { range: data.range }),
      ...(normalize && { normalize }),
      ...(typeof threshold === 'number' && { threshold }),
      ...(image && { preparation: image }),
    },
    latent: { kind: latent.kind, shape: latent.shape },
    likelihood,
    ...(files.encoder && {
      encoder: {
        input: { name: 'x', item: data.shape },
        outputs: roles.map((role) => ({ role, output: role, item: latent.shape })),
      },
    }),
    ...(files.decoder && {
      decoder: {
        input: { name: 'z', item: latent.shape },
        outputs: [
          { role: 'x', output: 'x', item: data.shape },
          { role: 'logits', output: 'logits', item: data.shape, optional: likelihood.output !== 'logits' },
        ],
      },
    }),
  };
}
