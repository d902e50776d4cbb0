import { VaeError } from './errors.js';
import { Half } from './half.js';
import {
  type InterpolateOptions,
  interpolate,
  type Posterior,
  type PriorSampleOptions,
  priorSample,
  type ReparameterizeOptions,
  reparameterize,
  type TraverseOptions,
  traverse,
} from './latent/index.js';
import { type ModelSource, type OpenModel, openModel } from './load/model-source.js';
import type { Manifest } from './manifest.js';
import { optionsOf } from './options.js';
import { type Device, loadRuntime, type OrtModule, type Runtime } from './runtime/index.js';
import { assertThreads } from './runtime/runtime.js';
import { type ArrayInput, asBatch, assertRange, sizeOf, type Tensor, toFloatTensor } from './tensor.js';

export interface LoadOptions {
  /** 'auto' (default), 'cpu' or 'wasm'; `vae.device` tells which it became. */
  readonly device?: Device;
  /** Threads per operator; see `SessionOptions.threads`. */
  readonly threads?: number;
  /** A copy of ONNX Runtime of the caller's own. */
  readonly ort?: OrtModule;
  /** Stops the loading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface Stoppable {
  /** Checked before each run of at most 256 items; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export type EncodeOptions = Stoppable;

export interface DecodeOptions extends Stoppable {
  /** Give the likelihood's logits instead of the expected value. */
  readonly logits?: boolean;
}

export interface SampleOptions extends PriorSampleOptions, Stoppable {}

export interface InterpolateDataOptions extends InterpolateOptions, Stoppable {
  /** What a and b are: latents (default), or data, which is encoded to its means first. */
  readonly from?: 'latent' | 'data';
}

export interface TraverseDataOptions extends TraverseOptions, Stoppable {}

/**
 * A trained variational autoencoder: data to latents and back. Encoder and decoder load on first use and
 * independently, so a model that only samples never reads its encoder.
 *
 * Everything takes one item or a batch ([...item] or [N, ...item]) and gives a batch, of 1 for one item.
 *
 * @example
 * const vae = await VAE.load('models/mnist-conv');
 * const { mean, logvar } = await vae.encode(images); // images [N, 1, 28, 28] in [0, 1]
 * const z = vae.reparameterize({ mean, logvar }, { seed: 7 });
 * const pixels = await vae.decode(z); // [N, 1, 28, 28] in [0, 1]
 * await vae.dispose();
 */
export class VAE {
  readonly manifest: Manifest;
  /** Where it runs: 'cpu' or 'wasm'. */
  readonly device: string;
  readonly #encoder: Half;
  readonly #decoder: Half;
  readonly #running = new Set<Promise<unknown>>();
  #disposed: Promise<void> | undefined;

  /** Use `VAE.load`. */
  private constructor(model: OpenModel, runtime: Runtime, threads: number | undefined) {
    const { manifest } = model;
    const { data, latent, likelihood } = manifest;
    this.manifest = manifest;
    this.device = runtime.device;
    const half = (name: 'encoder' | 'decoder') => ({
      where: model.whereOf(name),
      runtime,
      threads,
      read: (signal?: AbortSignal) => model.read(name, signal),
    });
    const latentOutputs = latent.kind === 'gaussian' ? ['mean', 'logvar'] : ['mean'];
    this.#encoder = new Half({
      ...half('encoder'),
      input: { name: 'x', item: data.shape },
      outputs: latentOutputs.map((name) => ({ name, item: latent.shape })),
    });
    this.#decoder = new Half({
      ...half('decoder'),
      input: { name: 'z', item: latent.shape },
      outputs: [
        { name: 'x', item: data.shape },
        { name: 'logits', item: data.shape, optional: likelihood.output !== 'logits' },
      ],
    });
  }

  /**
   * Opens a model: a folder, its vae.json, an https URL of one, the name of a bundled model, or the bytes. Reads and
   * checks the manifest, compares size and checksum of files on a disk, and finds the runtime. A half becomes a session
   * when it is first used (or by `prepare`), from bytes that were checked then; one behind a URL is downloaded then.
   *
   * @throws VaeError "not-found", "bad-manifest", "bad-model", "no-device", "bad-option"
   * @example const vae = await VAE.load('mnist-conv', { device: 'cpu', threads: 2 })
   */
  static async load(source: ModelSource, options?: LoadOptions): Promise<VAE> {
    const { device, threads, ort, signal } = optionsOf(options, 'VAE.load');
    if (threads !== undefined) assertThreads(threads);
    signal?.throwIfAborted();
    const model = await openModel(source, signal);
    const runtime = await loadRuntime({ device, ort });
    signal?.throwIfAborted();
    return new VAE(model, runtime, threads);
  }

  get name(): string {
    return this.manifest.name;
  }

  /** Shape of one data item, [channels, height, width] for images. */
  get dataShape(): readonly number[] {
    return this.manifest.data.shape;
  }

  /** Shape of one latent. */
  get latentShape(): readonly number[] {
    return this.manifest.latent.shape;
  }

  /**
   * Reads, checks and loads both halves (those the model has) now, for instance before a server takes requests.
   *
   * @throws VaeError "bad-model" for a file whose size, checksum, inputs or outputs disagree with the manifest
   */
  prepare(options?: Stoppable): Promise<void> {
    return this.#use(async () => {
      const { signal } = optionsOf(options, 'prepare');
      const { encoder, decoder } = this.manifest.files;
      if (encoder && this.#hasPosterior()) await this.#encoder.session(signal);
      if (decoder && !this.manifest.labels?.conditional) await this.#decoder.session(signal);
    });
  }

  /**
   * The posterior of each item. Nothing is random here. A model trained on thresholded data (a number in
   * `preprocess.binarize`) gets its input thresholded the same way, so plain grey images are what to pass; with
   * 'dynamic' binarisation the grey values themselves, which are the expected bits, are fed.
   *
   * @param x [N, ...dataShape] or one item, in the manifest's range ([0, 1] for images)
   * @returns mean and logvar, each [N, ...latentShape]; logvar is minus infinity for a deterministic encoder
   * @throws VaeError "bad-input" for another shape, a NaN or a value outside the range (with its index),
   * "unsupported" for a latent without a mean, "bad-model", "disposed"
   * @example const { mean } = await vae.encode(toTensor(decodePng(bytes), 1))
   */
  encode(x: ArrayInput, options?: EncodeOptions): Promise<Posterior> {
    return this.#use(() => this.#encode(x, optionsOf(options, 'encode').signal));
  }

  /** One draw from each posterior; see `reparameterize` in `@vae/sdk/latent`. */
  reparameterize(posterior: Posterior, options?: ReparameterizeOptions): Tensor {
    return reparameterize(posterior, options);
  }

  /**
   * The data that latents stand for.
   *
   * @param z [N, ...latentShape] or one latent
   * @returns [N, ...dataShape]: the expected value in the manifest's range, or the logits
   * @throws VaeError "bad-input" for another shape or a NaN, "unsupported" for logits that the model does not have,
   * "bad-model", "disposed"
   * @example const pixels = await vae.decode([0.5, -1])
   */
  decode(z: ArrayInput, options?: DecodeOptions): Promise<Tensor> {
    return this.#use(() => {
      const { logits = false, signal } = optionsOf(options, 'decode');
      return this.#decode(this.#latentBatch(z, 'decode z'), logits, signal);
    });
  }

  /**
   * Encodes to the means and decodes those.
   *
   * @param x as for `encode`
   * @returns [N, ...dataShape]
   * @throws VaeError as `encode` and `decode`
   */
  reconstruct(x: ArrayInput, options?: EncodeOptions): Promise<Tensor> {
    return this.#use(async () => {
      const { signal } = optionsOf(options, 'reconstruct');
      const { mean } = await this.#encode(x, signal);
      return this.#decode(mean, false, signal);
    });
  }

  /**
   * Decodes latents drawn from the prior.
   *
   * @param n how many
   * @returns [n, ...dataShape]
   * @throws VaeError "bad-option"; as `decode`
   * @example encodePng(grid(await vae.sample(16, { seed: 1 })))
   */
  sample(n: number, options?: SampleOptions): Promise<Tensor> {
    return this.#use(() => {
      const { signal, ...rest } = optionsOf(options, 'sample');
      // Pixels outnumber latents; too many of them are refused before anything is drawn.
      sizeOf([n, ...this.dataShape], 'sample', 'bad-option');
      return this.#decode(priorSample(n, this.latentShape, rest), false, signal);
    });
  }

  /**
   * Decodes the points on the way from a to b, both included.
   *
   * @param a, b one latent each, or with `from: 'data'` one data item each
   * @returns [steps, ...dataShape]
   * @throws VaeError "bad-option"; as `encode` and `decode`
   * @example encodeGif(frames.map(toPicture)) // frames: rows of await vae.interpolate(a, b, { steps: 16 })
   */
  interpolate(a: ArrayInput, b: ArrayInput, options?: InterpolateDataOptions): Promise<Tensor> {
    return this.#use(async () => {
      const { from = 'latent', signal, ...rest } = optionsOf(options, 'interpolate');
      if (from !== 'latent' && from !== 'data') {
        throw new VaeError('bad-option', `interpolate: from is '${from}', expected 'latent' or 'data'.`);
      }
      const end = async (value: ArrayInput, where: string): Promise<Tensor> => {
        const latents =
          from === 'data' ? (await this.#encode(value, signal)).mean : this.#latentBatch(value, where);
        return this.#one(latents, where);
      };
      const points = interpolate(await end(a, 'interpolate a'), await end(b, 'interpolate b'), rest);
      return this.#decode(points, false, signal);
    });
  }

  /**
   * Decodes one latent with one of its dimensions moved over a range.
   *
   * @param z one latent
   * @returns [steps, ...dataShape]
   * @throws VaeError "bad-option"; as `decode`
   * @example await vae.traverse(mean, { dimension: 3, range: [-2, 2], steps: 9 })
   */
  traverse(z: ArrayInput, options: TraverseDataOptions): Promise<Tensor> {
    return this.#use(async () => {
      const { signal, ...rest } = optionsOf(options, 'traverse');
      const one = this.#one(this.#latentBatch(z, 'traverse'), 'traverse');
      return this.#decode(traverse(one, rest), false, signal);
    });
  }

  /** Waits for what is running, then frees the runtime's memory. May be called again. */
  dispose(): Promise<void> {
    this.#disposed ??= Promise.allSettled([...this.#running]).then(async () => {
      await Promise.all([this.#encoder.release(), this.#decoder.release()]);
    });
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #encode(x: ArrayInput, signal?: AbortSignal): Promise<Posterior> {
    const { kind } = this.manifest.latent;
    if (!this.#hasPosterior()) {
      throw new VaeError('unsupported', `${this.name}: encode cannot give the mean of a ${kind} latent.`);
    }
    const batch = this.#dataBatch(x, 'encode');
    if (kind === 'gaussian') {
      const [mean, logvar] = await this.#encoder.run(batch, ['mean', 'logvar'], signal);
      return { mean: mean!, logvar: logvar! };
    }
    const [mean] = await this.#encoder.run(batch, ['mean'], signal);
    const certain = new Float32Array(mean!.data.length).fill(Number.NEGATIVE_INFINITY);
    return { mean: mean!, logvar: { data: certain, shape: mean!.shape } };
  }

  async #decode(z: Tensor, logits: boolean, signal?: AbortSignal): Promise<Tensor> {
    if (this.manifest.labels?.conditional) {
      throw new VaeError(
        'unsupported',
        `${this.name}: this version cannot decode a model conditioned on labels.`,
      );
    }
    const { kind, output } = this.manifest.likelihood;
    if (logits && output !== 'logits') {
      throw new VaeError(
        'unsupported',
        `${this.name}: a model with likelihood '${kind}' has no logits; leave logits out.`,
      );
    }
    const [x] = await this.#decoder.run(z, [logits ? 'logits' : 'x'], signal);
    return x!;
  }

  #hasPosterior(): boolean {
    const { kind } = this.manifest.latent;
    return kind === 'gaussian' || kind === 'deterministic';
  }

  #dataBatch(x: ArrayInput, where: string): Tensor {
    const batch = asBatch(toFloatTensor(x, where), this.dataShape, where);
    const { range, preprocess } = this.manifest.data;
    if (range) assertRange(batch, range[0], range[1], where, rangeHint(range));
    const threshold = preprocess?.binarize;
    if (typeof threshold !== 'number') return batch;
    return { data: batch.data.map((value) => (value > threshold ? 1 : 0)), shape: batch.shape };
  }

  #latentBatch(z: ArrayInput, where: string): Tensor {
    return asBatch(toFloatTensor(z, where), this.latentShape, where);
  }

  /** The only latent of a batch, without the batch axis. */
  #one({ data, shape }: Tensor, where: string): Tensor {
    if (shape[0] !== 1) throw new VaeError('bad-input', `${where}: ${shape[0]} items, expected one.`);
    return { data, shape: this.latentShape };
  }

  /** Runs a task unless disposed, and lets `dispose` wait for it. */
  async #use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#disposed) throw new VaeError('disposed', `${this.name}: used after dispose; load it again.`);
    const running = task();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function rangeHint([low, high]: readonly [number, number]): string {
  return low === 0 && high === 1 ? ' Divide bytes by 255.' : '';
}
