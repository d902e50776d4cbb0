import { Coder } from '../coder/coder.js';
import type { DataInput } from '../coder/data-batch.js';
import type { Division, Labels } from '../coder/labels.js';
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
  mixtureSample,
  type Posterior,
  type PosteriorStatistics,
  posteriorStatistics,
  priorSample,
  type ReparameterizeOptions,
  reparameterize,
  similar,
  traverse,
} from '../latent/index.js';
import { anomalyScores, likelihoodOf } from '../likelihood/index.js';
import { type LoadOptions, loadOptions } from '../load/load-options.js';
import { type ModelSource, openModel } from '../load/model-source.js';
import type { Manifest } from '../manifest/schema.js';
import type { DataSpec, LabelSpec, LatentSpec, LikelihoodSpec } from '../model.js';
import { assertBoolean, optionsOf } from '../options.js';
import { orAbort } from '../or-abort.js';
import { quiet } from '../quiet.js';
import type { DeviceName, DeviceReport, ModelRuntime } from '../runtime/types.js';
import { shown } from '../shown.js';
import { isStream, mapStream, pieces, type Stream } from '../stream.js';
import { type ArrayInput, showItem, sizeOf, type Tensor } from '../tensor.js';
import { loadPooledRuntime } from '../workers/pooled-runtime.js';
import { Calls } from './calls.js';
import { LabelRows } from './label-rows.js';
import { countOf, RowCounter } from './row-counter.js';
import type {
  AnomalyOptions,
  ArithmeticOptions,
  DecodeOptions,
  EncodeOptions,
  From,
  GridOptions,
  InterpolateOptions,
  Labelled,
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
import { optionsFor, type Verb } from './verb-options.js';

/** All in one batch, or one by one. */
type Frames = Promise<Tensor> | AsyncGenerator<Tensor>;

/** Items decoded together when they are handed out one by one. */
const framesAtOnce = 16;

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

  /** Use `VAE.load`. */
  private constructor(coder: Coder, runtime: ModelRuntime) {
    if (!(coder instanceof Coder)) {
      throw new VaeError('bad-option', 'VAE: a model is opened with: await VAE.load(source).');
    }
    this.#coder = coder;
    this.device = runtime.device;
    this.deviceReport = runtime.report;
    // One more than can run at once, so that the next input is ready when a thread becomes free.
    this.#calls = new Calls(coder.spec.name, runtime.threads + 1);
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
    const labels = this.#labels('encode', options?.label, x);
    const encode = (item: DataInput, given: EncodeOptions) => this.#encode(item, 'encode', given, labels);
    return this.#calls.each('encode', x, options, encode, labels?.atEnd);
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
   * "bad-model", "disposed"
   * "bad-option" for a missing label or one that the model does not have
   * @example const pixels = await vae.decode([0.5, -1])
   * @example const sevens = await conditional.decode(z, { label: 7 }) // or { label: ['cat', 'dog'] }, one for each
   */
  decode(z: Stream<ArrayInput>, options?: DecodeOptions): AsyncGenerator<Tensor>;
  decode(z: ArrayInput, options?: DecodeOptions): Promise<Tensor>;
  decode(z: ArrayInput | Stream<ArrayInput>, options?: DecodeOptions) {
    const labels = this.#labels('decode', options?.label, z);
    const decode = async (item: ArrayInput, given: DecodeOptions) => {
      assertBoolean(given.logits, 'logits', 'decode');
      assertBoolean(given.normalized, 'normalized', 'decode');
      const latents = this.#coder.latents(item, 'decode z');
      return this.#coder.decode(latents, given, labels && (await labels.next(countOf(latents))));
    };
    return this.#calls.each('decode', z, options, decode, labels?.atEnd);
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
    const labels = this.#labels('reconstruct', options?.label, x);
    const reconstruct = async (item: DataInput, given: EncodeOptions) => {
      let rows: Promise<Labels> | undefined;
      const taken = labels && { next: (count: number | Promise<number>) => (rows = labels.next(count)) };
      const { mean } = await this.#encode(item, 'reconstruct', given, taken);
      const { signal, tile, normalized } = given;
      return this.#coder.decode(mean, { signal, tile, normalized }, this.#ofDecoder(await rows));
    };
    return this.#calls.each('reconstruct', x, options, reconstruct, labels?.atEnd);
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
    return this.#frames('sample', options, async (given) => {
      const { shape, sampler = 'prior', signal, stream, label, ...rest } = given;
      if (sampler !== 'prior' && sampler !== 'mixture') {
        throw new VaeError('bad-option', `sample: sampler is '${sampler}', expected 'prior' or 'mixture'.`);
      }
      if (!Number.isSafeInteger(n) || n < 0) {
        throw new VaeError('bad-option', `sample: n is ${shown(n)}, expected a whole number >= 0.`);
      }
      const latent = this.#latentShape(shape);
      this.#assertDecodable(n, 'sample');
      if (sampler === 'prior') return priorSample(n, latent, rest);
      return { data: mixtureSample(n, this.#mixture(), rest).data, shape: [n, ...latent] };
    });
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
    const labels = this.#labels('similar', options?.label, x);
    const ofData = this.#labels('similar', options?.fromLabel ?? options?.label, x, 'fromLabel');
    const decode = async (item: DataInput, given: SimilarOptions) => {
      const { from, fit, background, signal, label, fromLabel, ...rest } = given;
      const latents = this.#latentsOf(item, 'similar', { from, fit, background, signal }, ofData);
      const coming = quiet(latents.then(countOf));
      const rows = labels?.next(coming);
      const first = await counter.next(coming);
      const z = await latents;
      if (Number.isSafeInteger(rest.n)) this.#assertDecodable(countOf(z) * Math.abs(rest.n!), 'similar');
      const neighbours = similar(z, { ...rest, first });
      const each = await rows?.then(async (some) =>
        (await import('../coder/labels.js')).repeated(some, countOf(neighbours) / countOf(z)),
      );
      return this.#coder.decode(neighbours, { signal }, each);
    };
    const atEnd = async () => {
      await labels?.atEnd();
      if (options?.from === 'data') await ofData?.atEnd();
    };
    return this.#calls.each('similar', x, options, decode, atEnd);
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
    return this.#between('interpolate', options, async (latents, rest) => {
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
    return this.#between('interpolatePath', options, async (latents, rest) =>
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
    return this.#between('interpolateGrid', options, async (latents, rest) =>
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
    return this.#between('traverse', options, async (latents, rest) =>
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
      const labels = this.#labels('arithmetic', given.label);
      const ofData = await this.#ofEncoder('arithmetic', given);
      const of = (value: DataInput, name: string) =>
        this.#latentsOf(value, `arithmetic ${name}`, given, ofData);
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
    const counter = new RowCounter(options);
    const labels = this.#labels('anomalyScore', options?.label, x);
    const score = async (item: DataInput, given: AnomalyOptions) => {
      const { fit, background, signal, label, ...rest } = given;
      const data = this.#coder.data(item, 'anomalyScore', { fit, background });
      const rows = labels?.next(quiet(data.then(countOf)));
      const first = await counter.next(data.then(countOf));
      const { output, assertData } = likelihoodOf(this.likelihood, 'anomalyScore');
      // Here, because what the encoder makes of such data may be refused by less telling words.
      assertData(await data, 'anomalyScore');
      const ofEach = await rows;
      const posterior = await this.#coder.encode(await data, { signal }, ofEach);
      const [logits, ofDecoder] = [output === 'logits', this.#ofDecoder(ofEach)];
      const decode = (z: Tensor) => this.#coder.decode(z, { logits, normalized: true, signal }, ofDecoder);
      return anomalyScores(
        await data,
        posterior,
        decode,
        this.likelihood,
        { ...rest, first },
        'anomalyScore',
      );
    };
    return this.#calls.each('anomalyScore', x, options, score, labels?.atEnd);
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
    const labels = this.#labels('encodeStats', options?.label, x);
    const encode = (item: DataInput, given: EncodeOptions) =>
      this.#encode(item, 'encodeStats', given, labels);
    const encoded = this.#calls.each('encodeStats', x, options, encode, labels?.atEnd);
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

  async #encode(
    x: DataInput,
    where: string,
    options: EncodeOptions,
    labels?: Pick<LabelRows, 'next'>,
  ): Promise<Posterior> {
    assertBoolean(options.normalized, 'normalized', where);
    return this.#coder.encodeData(x, where, options, labels && ((count) => labels.next(count)));
  }

  /** Labels that a caller passed, if any, for one batch or for a stream of them. */
  #labels(verb: Verb, given: unknown, x?: unknown, option = 'label'): LabelRows | undefined {
    return this.#rowsOf(verb, given, isStream(x) ? 'stream' : 'batch', option);
  }

  #rowsOf(verb: Verb, given: unknown, division: Division, option: string): LabelRows | undefined {
    if (given === undefined) return undefined;
    return new LabelRows(given, this.labels, { where: `${verb} ${option}`, name: this.name }, division);
  }

  /** Labels of the data that a verb encodes for what it decodes. */
  async #ofEncoder(verb: Verb, given: From & Labelled & Stoppable): Promise<LabelRows | undefined> {
    const { from, label, fromLabel, signal } = given;
    if (fromLabel !== undefined) return this.#rowsOf(verb, fromLabel, 'stream', 'fromLabel');
    const asked = from === 'data' && this.labels && (await this.#coder.takesLabels('encoder', signal));
    return asked ? this.#rowsOf(verb, label, 'single', 'label') : undefined;
  }

  /** Labels of a verb that encodes and decodes, where the decoder takes them too. */
  #ofDecoder(labels: Labels | undefined): Labels | undefined {
    return this.#coder.spec.decoder?.label === undefined ? undefined : labels;
  }

  /** Decodes what `points` gives, all in one batch or one by one. */
  #frames<O extends Stoppable & Labelled & MaybeStreaming>(
    verb: Verb,
    options: O | undefined,
    points: (given: O) => Promise<Tensor>,
  ): Frames {
    const labels = this.#labels(verb, options?.label);
    const latents = async () => {
      const z = await points(optionsFor(verb, options));
      return { z, labels: await labels?.next(countOf(z)) };
    };
    if (options?.stream === true) {
      return this.#oneByOne(() => this.#calls.use(latents), options.signal);
    }
    return this.#calls.use(async () => {
      assertBoolean(options?.stream, 'stream', verb);
      const { z, labels } = await latents();
      return this.#coder.decode(z, { signal: options?.signal }, labels);
    });
  }

  /** Decodes what `points` makes of the latents of its inputs and of the options that are its own. */
  #between<O extends Stoppable & From & Labelled & MaybeStreaming>(
    verb: Verb,
    options: O | undefined,
    points: (
      latents: (x: DataInput, where?: string) => Promise<Tensor>,
      rest: Omit<O, keyof From | keyof Labelled | keyof Stoppable | 'stream'>,
    ) => Promise<Tensor>,
  ): Frames {
    return this.#frames(verb, options, async (given) => {
      const { from, fit, background, signal, stream, label, fromLabel, ...rest } = given;
      const ofData = await this.#ofEncoder(verb, given);
      const latents = (x: DataInput, at: string = verb) =>
        this.#latentsOf(x, at, { from, fit, background, signal }, ofData);
      const z = await points(latents, rest);
      await ofData?.atEnd();
      return z;
    });
  }

  async *#oneByOne(
    points: () => Promise<{ readonly z: Tensor; readonly labels: Labels | undefined }>,
    signal?: AbortSignal,
  ): AsyncGenerator<Tensor> {
    const { z, labels } = await points();
    const parts = labels && (await import('../coder/labels.js'));
    let next = 0;
    const decode = async (batch: Tensor) => {
      const from = next;
      next += countOf(batch);
      return this.#coder.decode(batch, { signal }, parts?.someOf(labels!, from, from + countOf(batch)));
    };
    const decoded = this.#calls.each('decode', pieces(z, framesAtOnce), { signal }, decode);
    for await (const batch of decoded as AsyncGenerator<Tensor>) {
      for (const { data, shape } of pieces(batch, 1)) {
        signal?.throwIfAborted();
        // Each frame is the caller's alone, who may hand its memory on.
        yield { data: data.slice(), shape };
      }
    }
  }

  async #latentsOf(
    x: DataInput,
    where: string,
    { from = 'latent', ...rest }: From & Stoppable,
    labels: LabelRows | undefined,
  ): Promise<Tensor> {
    if (from === 'data') return (await this.#encode(x, where, rest, labels)).mean;
    if (from === 'latent') return this.#coder.latents(x as ArrayInput, where);
    throw new VaeError('bad-option', `${where}: from is '${from}', expected 'latent' or 'data'.`);
  }

  /** Pixels outnumber latents; too many of them are refused before anything is drawn. */
  #assertDecodable(count: number, verb: Verb): void {
    sizeOf([count, ...this.dataShape.map(Math.abs)], verb, 'bad-option');
  }

  #latentShape(shape: readonly number[] = this.latentShape): readonly number[] {
    const wanted = this.latentShape;
    const fits =
      shape.length === wanted.length && wanted.every((size, i) => size === -1 || size === shape[i]);
    if (!fits) {
      throw new VaeError(
        'bad-option',
        `sample: shape is ${showItem(shape)}, the model's latents are ${showItem(wanted)}.`,
      );
    }
    if (!shape.includes(-1)) return shape;
    throw new VaeError(
      'bad-option',
      `sample: ${this.name} takes latents of any size (${showItem(shape)}); say which, as in { shape: [4, 32, 32] }.`,
    );
  }

  #diffusion(): DiffusionScaling {
    const { diffusion } = this.#coder.spec;
    if (diffusion) return diffusion;
    throw new VaeError(
      'unsupported',
      `${this.name}: no config.json says how its latents are scaled; use toDiffusionLatents of @vae/sdk/latent with a scaling.`,
    );
  }

  #mixture() {
    const mixture = this.manifest?.prior?.mixture;
    if (mixture) return mixture;
    throw new VaeError(
      'unsupported',
      `${this.name}: the model holds no fitted mixture; leave sampler out, or fit one with: vae fit ${this.name} --data DATA -o FOLDER`,
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
