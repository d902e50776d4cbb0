import { Coder } from '../coder/coder.js';
import type { DataInput } from '../coder/data-batch.js';
import { VaeError } from '../errors.js';
import {
  type DiffusionScaling,
  fromDiffusionLatents,
  toDiffusionLatents,
} from '../latent/diffusion-latents.js';
import {
  arithmetic,
  interpolate,
  interpolateGrid,
  interpolatePath,
  type Posterior,
  type PosteriorStatistics,
  posteriorStatistics,
  type ReparameterizeOptions,
  reparameterize,
  similar,
  traverse,
} from '../latent/index.js';
import { anomalyScores, likelihoodOf, logLikelihoods } from '../likelihood/index.js';
import { type LoadOptions, loadOptions } from '../load/load-options.js';
import { type ModelSource, openModel } from '../load/model-source.js';
import type { Manifest } from '../manifest/schema.js';
import type { DataSpec, LabelSpec, LatentSpec, LikelihoodSpec } from '../model.js';
import { assertBoolean, optionsOf } from '../options.js';
import { orAbort } from '../or-abort.js';
import { quiet } from '../quiet.js';
import type { DeviceName, DeviceReport, ModelRuntime } from '../runtime/types.js';
import { isStream, mapStream, type Stream } from '../stream.js';
import { type ArrayInput, countOf, type Tensor } from '../tensor.js';
import { loadPooledRuntime } from '../workers/pooled-runtime.js';
import { assertDecodable } from './assert-decodable.js';
import { Calls } from './calls.js';
import { FrameDecoder, type Frames } from './frames.js';
import { latentsOf } from './latents-of.js';
import { RowCounter } from './row-counter.js';
import { sampleLatents } from './sample-latents.js';
import type {
  AnomalyOptions,
  ArithmeticOptions,
  DecodeOptions,
  EncodeOptions,
  GridOptions,
  InterpolateOptions,
  LogLikelihoodOptions,
  MaybeStreaming,
  NotStreaming,
  Of,
  OfStream,
  OfThree,
  OfTwo,
  OfWith,
  PathOptions,
  SampleOptions,
  SimilarOptions,
  Stoppable,
  Streaming,
  TraverseOptions,
} from './vae-options.js';
import { VerbLabels } from './verb-labels.js';
import { optionsFor } from './verb-options.js';

/**
 * A trained variational autoencoder: data to latents and back. Encoder and decoder load on first use and
 * independently, so a model that only samples never reads its encoder.
 *
 * Data is arrays, or images where the model takes images. Everything takes one item or a batch ([...item] or
 * [N, ...item]) and gives a batch, of 1 for one item. Given an async iterable (or a generator) of such inputs, it
 * gives an async iterable of results in the same order.
 *
 * @example
 * const vae = await VAE.load('models/mnist-conv');
 * const { mean, logvar } = await vae.encode(images); // images [N, 1, 28, 28] in [0, 1]
 * const z = vae.reparameterize({ mean, logvar }, { seed: 7 });
 * const pixels = await vae.decode(z); // [N, 1, 28, 28] in [0, 1]
 * await vae.dispose();
 */
export class VAE {
  /** Where it runs, such as 'cpu' or 'webgpu'. */
  readonly device: DeviceName;
  /** Every device that was looked at: whether it was taken, and why or why not. */
  readonly deviceReport: readonly DeviceReport[];
  readonly #coder: Coder;
  readonly #calls: Calls;
  readonly #labels: VerbLabels;
  readonly #frames: FrameDecoder;

  /** Use `VAE.load`. */
  private constructor(coder: Coder, runtime: ModelRuntime) {
    if (!(coder instanceof Coder)) {
      throw new VaeError('bad-option', 'VAE: a model is opened with: await VAE.load(source).');
    }
    this.#coder = coder;
    this.device = runtime.device;
    this.deviceReport = runtime.report;
    this.#labels = new VerbLabels(coder);
    // One more than can run at once, so that the next input is ready when a thread becomes free.
    this.#calls = new Calls(coder.spec.name, this.#labels, runtime.threads + 1);
    this.#frames = new FrameDecoder(coder, this.#calls, this.#labels);
  }

  /**
   * Opens a model: a folder, its vae.json, an https URL of one, a Hugging Face repository (`hf:owner/name@revision`),
   * the name of a bundled model, bytes or Blobs; or ONNX files of other makers: `{ encoder, decoder }`, or a folder in
   * the layout of diffusers. Reads and checks the description, compares size and checksum of files on a disk, and
   * finds the device. A half becomes a session when it is first used (or by `prepare`), from bytes that were checked
   * then; one behind a URL is downloaded then.
   *
   * @throws VaeError "not-found", "download-failed", "bad-manifest", "bad-model", "no-device", "bad-option",
   * "unsupported" for files of others whose use cannot be told from the graph
   * @example const vae = await VAE.load('mnist-conv', { device: 'cpu', threads: 2 })
   */
  static async load(source: ModelSource, options?: LoadOptions): Promise<VAE> {
    const given = optionsOf(options, 'VAE.load', loadOptions);
    given.signal?.throwIfAborted();
    const model = await openModel(source, given);
    const { encoder, decoder } = model.spec.manifest?.files ?? {};
    const modelBytes = (encoder?.bytes ?? 0) + (decoder?.bytes ?? 0);
    // What starts it may never come: a .wasm file, a worker's script.
    const runtime = await orAbort(loadPooledRuntime({ ...given, modelBytes }), given.signal);
    return opened(new Coder(model, runtime, given.threads), runtime);
  }

  get name(): string {
    return this.#coder.spec.name;
  }

  /** Contents of vae.json; undefined for files of other makers. */
  get manifest(): Manifest | undefined {
    return this.#coder.spec.manifest;
  }

  /** Kind, shape, order of axes and range of the data; of rows the names and order of their columns. */
  get data(): DataSpec {
    return this.#coder.spec.data;
  }

  /** Kind and shape of the latents. */
  get latent(): LatentSpec {
    return this.#coder.spec.latent;
  }

  get likelihood(): LikelihoodSpec {
    return this.#coder.spec.likelihood;
  }

  /** How many classes a conditional model has, and their names, for the option `label`; undefined for other models. */
  get labels(): LabelSpec | undefined {
    return this.#coder.spec.labels;
  }

  /** Shape of one data item, [channels, height, width] for images; -1 where any size is taken. */
  get dataShape(): readonly number[] {
    return this.data.shape;
  }

  /** Shape of one latent; -1 where any size is taken. */
  get latentShape(): readonly number[] {
    return this.latent.shape;
  }

  /**
   * Reads, checks and loads both halves (those the model has) now, for instance before a server takes requests.
   *
   * @throws VaeError "bad-model" for a file whose size, checksum, inputs or outputs disagree with the manifest
   */
  prepare(options?: Stoppable): Promise<void> {
    return this.#calls.use(async () => this.#coder.prepare(optionsFor('prepare', options).signal));
  }

  /**
   * Whether a half of a conditional model takes a label, which of a model with a vae.json its graph says: an encoder may do
   * without, as those did that earlier versions of the trainer made.
   *
   * @throws VaeError as `prepare`
   */
  takesLabels(half: 'encoder' | 'decoder', options?: Stoppable): Promise<boolean> {
    return this.#calls.use(async () =>
      this.#coder.takesLabels(half, optionsFor('takesLabels', options).signal),
    );
  }

  /**
   * The posterior of each item. Nothing is random here, but for files of other makers whose graph draws by itself
   * (`vae.latent.kind` is then 'sampled', and what comes as the mean is a draw). A model trained on thresholded data
   * (a number in `preprocess.binarize`) gets its input thresholded the same way, so plain grey images are what to
   * pass; with 'dynamic' binarisation the grey values themselves, which are the expected bits, are fed. A model
   * trained on normalised data (`vae.data.normalize`) takes arrays in the data's own units and normalises them; what
   * training cut off is cut off, what else is out of its range is refused. Images of any size become what images became
   * in training, where the manifest says how (`vae.data.preparation`). An encoder that takes labels wants them as `label`;
   * one of a conditional model that takes none is not told them.
   *
   * @param x [N, ...dataShape] or one item, in the data's units, else in the model's range ([0, 1] for images), rows in
   * the order of `vae.data.columns`; or images
   * @returns mean and logvar, each [N, ...latentShape]; logvar is minus infinity for a code without a variance
   * @throws VaeError "bad-input" for another shape, a NaN or a value outside the range (with its index),
   * "unsupported" for a latent without a mean, "bad-model", "disposed"
   * @example const { mean } = await vae.encode('photo.png')
   */
  encode(x: Stream<DataInput>, options?: EncodeOptions): AsyncGenerator<Posterior>;
  encode(x: DataInput, options?: EncodeOptions): Promise<Posterior>;
  encode(x: DataInput | Stream<DataInput>, options?: EncodeOptions) {
    return this.#calls.each('encode', x, options, (item: DataInput, given, { label }) =>
      this.#coder.encodeData(item, 'encode', given, label),
    );
  }

  /**
   * One draw from each posterior; see `reparameterize` in `@vae/sdk/latent`. Over a stream the rows are counted on, so
   * a seed gives the draws that the whole batch would have got.
   */
  reparameterize(posteriors: Stream<Posterior>, options?: ReparameterizeOptions): AsyncGenerator<Tensor>;
  reparameterize(posterior: Posterior, options?: ReparameterizeOptions): Tensor;
  reparameterize(posterior: Posterior | Stream<Posterior>, options?: ReparameterizeOptions) {
    if (!isStream<Posterior>(posterior)) return reparameterize(posterior, options);
    const counter = new RowCounter(options);
    return mapStream(posterior, 1, async (item) => {
      const first = await counter.next(item?.mean?.shape?.[0] ?? 0);
      return reparameterize(item, { ...options, first });
    });
  }

  /**
   * The data that latents stand for.
   *
   * @param z [N, ...latentShape] or one latent
   * @returns [N, ...dataShape]: the expected value in the data's own units (x * scale + offset where the model was
   * trained on normalised data), else in the model's range; or the logits, which have no units
   * @throws VaeError "bad-input" for another shape or a NaN, "unsupported" for logits that the model does not have,
   * "bad-option" for a missing label or one that the model does not have, "bad-model", "disposed"
   * @example const pixels = await vae.decode([0.5, -1])
   * @example const sevens = await conditional.decode(z, { label: 7 }) // or { label: ['cat', 'dog'] }, one for each
   */
  decode(z: Stream<ArrayInput>, options?: DecodeOptions): AsyncGenerator<Tensor>;
  decode(z: ArrayInput, options?: DecodeOptions): Promise<Tensor>;
  decode(z: ArrayInput | Stream<ArrayInput>, options?: DecodeOptions) {
    return this.#calls.each('decode', z, options, async (item: ArrayInput, given, { label }) => {
      assertBoolean(given.logits, 'logits', 'decode');
      assertBoolean(given.normalized, 'normalized', 'decode');
      const latents = this.#coder.latents(item, 'decode z');
      return this.#coder.decode(latents, given, await label?.(countOf(latents)));
    });
  }

  /**
   * Encodes to the means and decodes those, a conditional model both with the same `label`.
   *
   * @param x as for `encode`
   * @returns [N, ...dataShape]
   * @throws VaeError as `encode` and `decode`
   */
  reconstruct(x: Stream<DataInput>, options?: EncodeOptions): AsyncGenerator<Tensor>;
  reconstruct(x: DataInput, options?: EncodeOptions): Promise<Tensor>;
  reconstruct(x: DataInput | Stream<DataInput>, options?: EncodeOptions) {
    return this.#calls.each('reconstruct', x, options, async (item: DataInput, given, { label }) => {
      const { mean } = await this.#coder.encodeData(item, 'reconstruct', given, label);
      const { signal, tile, normalized } = given;
      const labels = this.#labels.ofDecoder(await label?.(countOf(mean)));
      return this.#coder.decode(mean, { signal, tile, normalized }, labels);
    });
  }

  /**
   * Decodes latents drawn from the prior, or from the mixture that was fitted to the training data. A plain autoencoder
   * has no prior: draws from N(0, 1) may be far from all of its codes, and a mixture is what knows where those are.
   *
   * @param n how many
   * @returns [n, ...dataShape]; with `stream: true` an async iterable of n items [1, ...dataShape]
   * @throws VaeError "bad-option", "unsupported" for a mixture that the model does not have; as `decode`
   * @example encodePng(grid(await vae.sample(16, { seed: 1 })))
   * @example await conditional.sample(10, { seed: 1, label: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }) // one for each
   */
  sample(n: number, options?: SampleOptions & NotStreaming): Promise<Tensor>;
  sample(n: number, options: SampleOptions & Streaming): AsyncGenerator<Tensor>;
  sample(n: number, options: SampleOptions & MaybeStreaming): Frames;
  sample(n: number, options?: SampleOptions & MaybeStreaming): Frames {
    return this.#frames.decode('sample', options, async (given) => sampleLatents(n, given, this.#coder.spec));
  }

  /**
   * Decodes neighbours of items: latents mixed with noise so that their spread stays that of the prior.
   *
   * @param x latents, or with `from: 'data'` data
   * @returns [N * n, ...dataShape], the n neighbours of one item after those of the other
   * @throws VaeError "bad-option"; as `encode` and `decode`
   * @example await vae.similar('face.png', { from: 'data', n: 8, amount: 0.3, seed: 1 })
   */
  similar(...given: Of<SimilarOptions>): Promise<Tensor>;
  similar(...given: OfStream<SimilarOptions>): AsyncGenerator<Tensor>;
  similar(x: DataInput | Stream<DataInput>, options?: SimilarOptions) {
    const counter = new RowCounter(options);
    return this.#calls.each('similar', x, options, async (item: DataInput, given, labels) => {
      const { from, fit, background, signal, label, fromLabel, ...rest } = given;
      const latents = latentsOf(this.#coder, item, 'similar', given, labels.fromLabel);
      const coming = quiet(latents.then(countOf));
      const rows = labels.label?.(coming);
      const first = await counter.next(coming);
      const z = await latents;
      if (Number.isSafeInteger(rest.n))
        assertDecodable(countOf(z) * Math.abs(rest.n!), this.#coder.spec, 'similar');
      const neighbours = similar(z, { ...rest, first });
      const each = await rows?.then(async (some) =>
        (await import('../coder/labels.js')).repeated(some, countOf(neighbours) / countOf(z)),
      );
      return this.#coder.decode(neighbours, { signal }, each);
    });
  }

  /**
   * Decodes the points on the way from a to b, both included.
   *
   * @param a, b one latent each, or with `from: 'data'` one data item each
   * @returns [steps, ...dataShape]; with `stream: true` an async iterable of items [1, ...dataShape]
   * @throws VaeError "bad-option"; as `encode` and `decode`
   * @example for await (const frame of vae.interpolate(a, b, { steps: 16, stream: true })) draw(frame)
   */
  interpolate(...given: OfTwo<InterpolateOptions & NotStreaming>): Promise<Tensor>;
  interpolate(...given: OfTwo<InterpolateOptions & Streaming>): AsyncGenerator<Tensor>;
  interpolate(...given: OfTwo<InterpolateOptions & MaybeStreaming>): Frames;
  interpolate(a: DataInput, b: DataInput, options?: InterpolateOptions & MaybeStreaming): Frames {
    return this.#frames.between('interpolate', options, async (latents, rest) => {
      const end = async (value: DataInput, where: string) => onlyOne(await latents(value, where), where);
      return interpolate(await end(a, 'interpolate a'), await end(b, 'interpolate b'), rest);
    });
  }

  /**
   * Decodes a path through many points.
   *
   * @param points two or more: [N, ...latentShape], or with `from: 'data'` data
   * @returns [steps, ...dataShape]; with `stream: true` an async iterable of items [1, ...dataShape]
   * @throws VaeError "bad-option"; as `encode` and `decode`
   * @example await vae.interpolatePath(['a.png', 'b.png', 'c.png'], { from: 'data', steps: 48, closed: true })
   */
  interpolatePath(...given: Of<PathOptions & NotStreaming>): Promise<Tensor>;
  interpolatePath(...given: Of<PathOptions & Streaming>): AsyncGenerator<Tensor>;
  interpolatePath(...given: Of<PathOptions & MaybeStreaming>): Frames;
  interpolatePath(points: DataInput, options?: PathOptions & MaybeStreaming): Frames {
    return this.#frames.between('interpolatePath', options, async (latents, rest) =>
      interpolatePath(await latents(points), rest),
    );
  }

  /**
   * Decodes a grid between four corners: top left, top right, bottom left, bottom right.
   *
   * @param corners [4, ...latentShape], or with `from: 'data'` four data items
   * @returns [rows * columns, ...dataShape], row by row; with `stream: true` an async iterable of items
   * @throws VaeError "bad-option"; as `encode` and `decode`
   * @example grid(await vae.interpolateGrid(corners, { rows: 8, columns: 8 }), { columns: 8 })
   */
  interpolateGrid(...given: Of<GridOptions & NotStreaming>): Promise<Tensor>;
  interpolateGrid(...given: Of<GridOptions & Streaming>): AsyncGenerator<Tensor>;
  interpolateGrid(...given: Of<GridOptions & MaybeStreaming>): Frames;
  interpolateGrid(corners: DataInput, options?: GridOptions & MaybeStreaming): Frames {
    return this.#frames.between('interpolateGrid', options, async (latents, rest) =>
      interpolateGrid(await latents(corners), rest),
    );
  }

  /**
   * Decodes one latent with one of its dimensions moved over a range, in standard deviations.
   *
   * @param z one latent, or with `from: 'data'` one data item
   * @returns [steps, ...dataShape]; with `stream: true` an async iterable of items [1, ...dataShape]
   * @throws VaeError "bad-option"; as `decode`
   * @example await vae.traverse(mean, { dimension: 3, range: [-2, 2], steps: 9 })
   */
  traverse(...given: OfWith<TraverseOptions & NotStreaming>): Promise<Tensor>;
  traverse(...given: OfWith<TraverseOptions & Streaming>): AsyncGenerator<Tensor>;
  traverse(...given: OfWith<TraverseOptions & MaybeStreaming>): Frames;
  traverse(z: DataInput, options: TraverseOptions & MaybeStreaming): Frames {
    return this.#frames.between('traverse', options, async (latents, rest) =>
      traverse(onlyOne(await latents(z), 'traverse'), rest),
    );
  }

  /**
   * Decodes a - b + c: what sets a apart from b, put on c.
   *
   * @param a, b, c latents, or with `from: 'data'` data; a batch and single items may be mixed
   * @returns [N, ...dataShape]
   * @throws VaeError "bad-input" for batches of different sizes; as `encode` and `decode`
   * @example await vae.arithmetic(smilingWoman, neutralWoman, neutralMan)
   */
  arithmetic(...given: OfThree<ArithmeticOptions>): Promise<Tensor>;
  arithmetic(a: DataInput, b: DataInput, c: DataInput, options?: ArithmeticOptions): Promise<Tensor> {
    return this.#calls.use(async () => {
      const given = optionsFor('arithmetic', options);
      const labels = this.#labels.rows('arithmetic', 'label', given.label, 'batch');
      const ofData = await this.#labels.ofData('arithmetic', given);
      const of = (value: DataInput, name: string) =>
        latentsOf(this.#coder, value, `arithmetic ${name}`, given, ofData?.next);
      const z = arithmetic(await of(a, 'a'), await of(b, 'b'), await of(c, 'c'));
      await ofData?.atEnd();
      return this.#coder.decode(z, { signal: given.signal }, await labels?.next(countOf(z)));
    });
  }

  /**
   * How unlikely each item is: the negative evidence lower bound with K draws, in nats per item; higher is stranger.
   * It is of the data as the model was trained on them, after normalisation: a density in the data's own units differs
   * by the constant sum of the logarithms of the scales.
   *
   * @param x as for `encode`
   * @returns one number per item
   * @throws VaeError "unsupported" for latents that are not Gaussian or a likelihood without a density, "bad-input" for
   * values that the likelihood knows no probability of, such as bytes for a Bernoulli one; as `encode`
   * @see Kingma & Welling 2013, arXiv:1312.6114, equation 7; An & Cho 2015 for its use on anomalies
   * @example const [score] = await vae.anomalyScore('scan.png', { draws: 16, seed: 0 })
   */
  anomalyScore(x: Stream<DataInput>, options?: AnomalyOptions): AsyncGenerator<Float64Array>;
  anomalyScore(x: DataInput, options?: AnomalyOptions): Promise<Float64Array>;
  anomalyScore(x: DataInput | Stream<DataInput>, options?: AnomalyOptions) {
    return this.#judge('anomalyScore', anomalyScores, x, options);
  }

  /**
   * How probable each item is: log p(x) in nats, estimated by importance from K draws of the posterior, 100 when left out;
   * higher is more probable. Never below the evidence lower bound in expectation, and nearer to log p(x) the more draws. Of
   * the data as the model was trained on them, as `anomalyScore`; of a conditional model log p(x|label).
   *
   * @param x as for `encode`
   * @returns one number per item
   * @throws VaeError as `anomalyScore`
   * @see Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519, equation 8
   * @example const [nats] = await vae.logLikelihood('scan.png', { draws: 500, seed: 0 })
   */
  logLikelihood(x: Stream<DataInput>, options?: LogLikelihoodOptions): AsyncGenerator<Float64Array>;
  logLikelihood(x: DataInput, options?: LogLikelihoodOptions): Promise<Float64Array>;
  logLikelihood(x: DataInput | Stream<DataInput>, options?: LogLikelihoodOptions) {
    return this.#judge('logLikelihood', logLikelihoods, x, options);
  }

  #judge(
    verb: 'anomalyScore' | 'logLikelihood',
    judge: typeof anomalyScores,
    x: DataInput | Stream<DataInput>,
    options: AnomalyOptions | undefined,
  ) {
    const counter = new RowCounter(options);
    return this.#calls.each(verb, x, options, async (item: DataInput, given, labels) => {
      const { fit, background, signal, label, ...rest } = given;
      const data = this.#coder.data(item, verb, { fit, background });
      const rows = labels.label?.(quiet(data.then(countOf)));
      const first = await counter.next(data.then(countOf));
      const { output, assertData } = likelihoodOf(this.likelihood, verb);
      // Here, because what the encoder makes of such data may be refused by less telling words.
      assertData(await data, verb);
      const ofEach = await rows;
      const posterior = await this.#coder.encode(await data, { signal }, ofEach);
      const [logits, ofDecoder] = [output === 'logits', this.#labels.ofDecoder(ofEach)];
      const decode = (z: Tensor) => this.#coder.decode(z, { logits, normalized: true, signal }, ofDecoder);
      return judge(await data, posterior, decode, this.likelihood, { ...rest, first }, verb);
    });
  }

  /**
   * Latents as the diffusion model takes them that this autoencoder was made for: (z - shift) * scale.
   *
   * @param z [N, ...latentShape]
   * @throws VaeError "unsupported" for a model whose config.json gives no scaling; "bad-input"
   * @example const noisy = addNoise(vae.toDiffusionLatents(mean))
   */
  toDiffusionLatents(z: ArrayInput): Tensor {
    return toDiffusionLatents(this.#coder.latents(z, 'toDiffusionLatents'), this.#diffusion());
  }

  /** The inverse of `toDiffusionLatents`; what it gives can be decoded. */
  fromDiffusionLatents(z: ArrayInput): Tensor {
    return fromDiffusionLatents(this.#coder.latents(z, 'fromDiffusionLatents'), this.#diffusion());
  }

  /**
   * Statistics of the latents of a data set: per dimension mean, standard deviation and KL, and how many are active.
   *
   * @param x data, a batch or a stream of batches of any size
   * @throws VaeError as `encode`
   * @example const { kl, activeUnits } = await vae.encodeStats(readBatches('photos'))
   */
  async encodeStats(x: DataInput | Stream<DataInput>, options?: EncodeOptions): Promise<PosteriorStatistics> {
    const statistics = posteriorStatistics('encodeStats');
    const encoded = this.#calls.each('encodeStats', x, options, (item: DataInput, given, { label }) =>
      this.#coder.encodeData(item, 'encodeStats', given, label),
    );
    for await (const posterior of encoded instanceof Promise ? [encoded] : encoded) statistics.add(posterior);
    return statistics.result();
  }

  /** Waits for what is running, then frees the runtime's memory. May be called again. */
  dispose(): Promise<void> {
    return this.#calls.end(() => this.#coder.release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #diffusion(): DiffusionScaling {
    const { diffusion } = this.#coder.spec;
    if (diffusion) return diffusion;
    throw new VaeError(
      'unsupported',
      `${this.name}: no config.json says how its latents are scaled; use toDiffusionLatents of @vae/sdk/latent with a scaling.`,
    );
  }
}

/** Apart from the class: one that makes itself loses its own name in the builds. */
function opened(coder: Coder, runtime: ModelRuntime): VAE {
  return Reflect.construct(VAE, [coder, runtime]);
}

/** The only latent of a batch, without the batch axis. */
function onlyOne({ data, shape }: Tensor, where: string): Tensor {
  if (shape[0] !== 1) throw new VaeError('bad-input', `${where}: ${shape[0]} items, expected one.`);
  return { data, shape: shape.slice(1) };
}
