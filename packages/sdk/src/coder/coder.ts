import { VaeError } from '../errors.js';
import type { Posterior } from '../latent/index.js';
import { denormalized } from '../manifest/normalize.js';
import type { HalfName, ModelSpec, OpenModel, Role } from '../model.js';
import { assertBoolean, optionsOf } from '../options.js';
import type { ModelRuntime } from '../runtime/types.js';
import { shown } from '../shown.js';
import type { Thresholds } from '../simd/threshold.js';
import { type ArrayInput, asBatch, countOf, showItem, type Tensor, toFloatTensor } from '../tensor.js';
import { type DataInput, dataBatch, type Fitting, type Scaling, thresholdsFor } from './data-batch.js';
import { frozen } from './frozen.js';
import { Half } from './half.js';
import type { LabelPort } from './label-port.js';
import { withLabels } from './label-spec.js';
import type { Labels } from './labels.js';

const meanAndLogvar = ['mean', 'logvar'] as const;
const meanOnly = ['mean'] as const;
const expectation = ['x'] as const;
const logitsOnly = ['logits'] as const;

/** Tiles of a large image, for models with spatial latents. */
export interface Tiling {
  /** Height and width of a tile in pixels of the data: one number, or [height, width]. */
  readonly size: number | readonly [number, number];
  /** Share of a tile that it has in common with the next one, 0 to 0.5; 0.25 when left out. */
  readonly overlap?: number;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly tile?: Tiling;
}

/** The two graphs of a model with their inputs checked and their outputs named; what every verb is made of. */
export class Coder {
  readonly spec: ModelSpec;
  readonly #thresholds: Thresholds | undefined;
  readonly #halves: { readonly [half in HalfName]?: Half };
  readonly #whereOf: (half: HalfName) => string;

  constructor(model: OpenModel, runtime: ModelRuntime, threads: number | undefined) {
    this.spec = frozen(structuredClone(withLabels(model.spec)));
    this.#whereOf = model.whereOf;
    const half = (name: HalfName): Half | undefined => {
      const graph = this.spec[name];
      const read = (signal?: AbortSignal) => model.read(name, signal);
      return graph && new Half({ where: model.whereOf(name), graph, runtime, threads, read });
    };
    this.#halves = { encoder: half('encoder'), decoder: half('decoder') };
    this.#thresholds = thresholdsFor(this.spec.data);
  }

  /** Makes the sessions of the halves that the model has and that can be used. */
  async prepare(signal?: AbortSignal): Promise<void> {
    const { encoder, decoder } = this.#halves;
    if (encoder && this.#hasPosterior()) await this.#loaded('encoder', encoder, signal);
    if (decoder) await this.#loaded('decoder', decoder, signal);
  }

  async release(): Promise<void> {
    await Promise.all([this.#halves.encoder?.release(), this.#halves.decoder?.release()]);
  }

  /** Data as a batch as the encoder takes it, checked. */
  async data(x: DataInput, where: string, fitting: Fitting): Promise<Tensor> {
    // A model that cannot encode says so before anybody's images are read.
    this.#encoder();
    return dataBatch(x, this.spec.data, where, fitting);
  }

  /**
   * The posterior of what a caller passed.
   *
   * @param labels gives those of so many items, where the caller passed any; asked for at once, in the order of calls
   */
  async encodeData(
    x: DataInput,
    where: string,
    options: RunOptions & Fitting & Scaling,
    labels?: (count: number | Promise<number>) => Promise<Labels>,
  ): Promise<Posterior> {
    assertBoolean(options.normalized, 'normalized', where);
    this.#encoder();
    const coming = dataBatch(x, this.spec.data, where, options, this.#thresholds);
    const given = labels?.(coming instanceof Promise ? coming.then(countOf) : countOf(coming));
    const batch = coming instanceof Promise ? await coming : coming;
    try {
      return await this.encode(batch, options, given && (await given));
    } finally {
      this.#thresholds?.giveBack(batch.data);
    }
  }

  /** The posterior of a batch as `data` gives it; a code without a variance gets a logvar of minus infinity. */
  async encode(batch: Tensor, { signal, tile }: RunOptions, labels?: Labels): Promise<Posterior> {
    this.#encoder();
    const { kind } = this.spec.latent;
    const roles = kind === 'gaussian' ? meanAndLogvar : meanOnly;
    const run = this.#runner('encoder', roles, { signal, tile }, labels);
    const outputs =
      tile === undefined ? run(batch) : this.#inTiles(batch, 1 / this.#factor(tile), { tile, signal }, run);
    const [mean, logvar] = await outputs;
    if (logvar) return { mean: mean!, logvar };
    const certain = new Float32Array(mean!.data.length).fill(Number.NEGATIVE_INFINITY);
    return { mean: mean!, logvar: { data: certain, shape: mean!.shape } };
  }

  /** The expected values in the data's own units, or with `normalized` as the graph gives them; or the logits. */
  async decode(
    z: Tensor,
    {
      logits = false,
      normalized = false,
      signal,
      tile,
    }: RunOptions & Scaling & { readonly logits?: boolean },
    labels?: Labels,
  ): Promise<Tensor> {
    this.#half('decoder');
    if (labels && this.spec.decoder!.label === undefined) {
      throw this.#unsupported('the decoder takes no labels; leave label out');
    }
    if (logits && this.spec.likelihood.output !== 'logits') {
      throw this.#unsupported(
        `a model with likelihood '${this.spec.likelihood.kind}' has no logits; leave logits out`,
      );
    }
    const roles = logits ? logitsOnly : expectation;
    const run = this.#runner('decoder', roles, { signal, tile }, labels);
    const outputs = tile === undefined ? run(z) : this.#inTiles(z, this.#factor(tile), { tile, signal }, run);
    const [x] = await outputs;
    const { normalize } = this.spec.data;
    if (!normalize || logits || normalized) return x!;
    return { data: denormalized(x!.data, normalize), shape: x!.shape };
  }

  /** Latents as a batch, checked. */
  latents(z: ArrayInput, where: string): Tensor {
    return asBatch(toFloatTensor(z, where), this.spec.latent.shape, where);
  }

  /** Whether a half takes labels, which of one with a vae.json its graph says. */
  async takesLabels(name: HalfName, signal?: AbortSignal): Promise<boolean> {
    if (this.spec[name]?.label === undefined) return false;
    return (await this.#loaded(name, this.#half(name), signal)) !== undefined;
  }

  /** Loads a half; gives its input for labels, where it has one. */
  async #loaded(name: HalfName, half: Half, signal?: AbortSignal): Promise<LabelPort | undefined> {
    const { labels } = this.spec;
    const { label } = this.spec[name]!;
    const { inputs } = await half.session(signal);
    if (label === undefined || !labels) return undefined;
    const { labelPortOf } = await import('./label-port.js');
    return labelPortOf(inputs, label, { half: name, where: this.#whereOf(name), labels });
  }

  /** Runs a half, with the labels of its items where it takes any. */
  #runner(
    name: HalfName,
    roles: readonly Role[],
    { signal, tile }: RunOptions,
    labels: Labels | undefined,
  ): (batch: Tensor) => Promise<Tensor[]> {
    const half = this.#half(name);
    if (this.spec[name]!.label === undefined) return (batch) => half.run(batch, roles, signal);
    return async (batch) => {
      const port = await this.#loaded(name, half, signal);
      if (!port) return half.run(batch, roles, signal);
      // A tile knows no more of which item it is.
      if (tile !== undefined)
        throw this.#unsupported(`the ${name} takes labels, which tiles have none of; leave tile out`);
      const { besideOf } = await import('./label-port.js');
      return half.run({ ...batch, beside: besideOf(port, labels) }, roles, signal);
    };
  }

  /** Runs a batch in tiles, and blends the results. */
  async #inTiles(
    input: Tensor,
    scale: number,
    { tile, signal }: RunOptions & { readonly tile: Tiling },
    run: (part: Tensor) => Promise<Tensor[]>,
  ): Promise<Tensor[]> {
    if (input.shape[0] === 0) return run(input);
    const { size, overlap } = tile;
    const [height, width] = typeof size === 'number' ? [size, size] : size;
    // Sizes are said in pixels; the decoder's tiles are of latents.
    const unit = Math.max(1, scale);
    const options = { tile: [height / unit, width / unit] as const, overlap, scale, signal };
    const { tiled } = await import('../tiles/tiled.js');
    return Object.values(
      await tiled(input, options, async (part) => Object.fromEntries(Object.entries(await run(part)))),
    );
  }

  /** Pixels per latent along height and width. */
  #factor(tile: Tiling): number {
    const { size } = optionsOf(tile, 'tile', ['size', 'overlap']);
    const sides: readonly unknown[] = Array.isArray(size) && size.length === 2 ? size : [size];
    if (!sides.every((side) => Number.isInteger(side) && (side as number) > 0)) {
      throw new VaeError(
        'bad-option',
        `tile.size is ${Array.isArray(size) ? `[${size}]` : shown(size)}, expected pixels: a whole number, or [height, width].`,
      );
    }
    const { data, latent, factor, name } = this.spec;
    const [image, code] = [showItem(data.shape), showItem(latent.shape)];
    if (data.layout !== 'chw' || latent.shape.length !== 3) {
      throw this.#unsupported(
        `tiles need latents [C, h, w] of images [C, H, W]; these are ${code} of ${image}`,
      );
    }
    const [pixels, latents] = [data.shape[1]!, latent.shape[1]!];
    const open = pixels === -1 || latents === -1;
    const ratio = factor ?? (open ? undefined : pixels / latents);
    if (ratio === undefined) {
      throw new VaeError(
        'bad-option',
        `${name}: tiles need the pixels per latent along a side, which ${image} and ${code} do not tell; ` +
          'pass it to VAE.load, as in { latent: { factor: 8 } }.',
      );
    }
    if (Number.isInteger(ratio)) return ratio;
    throw this.#unsupported(`tiles need a whole number of pixels per latent; these are ${code} of ${image}`);
  }

  /** The encoder, of a model that has one and whose latents have a mean. */
  #encoder(): Half {
    if (this.#hasPosterior()) return this.#half('encoder');
    throw this.#unsupported(`encode cannot give the mean of a ${this.spec.latent.kind} latent`);
  }

  #half(name: HalfName): Half {
    const half = this.#halves[name];
    if (half) return half;
    throw this.#unsupported(`the model has no ${name}`);
  }

  #hasPosterior(): boolean {
    const { kind } = this.spec.latent;
    return kind !== 'categorical' && kind !== 'vector-quantised';
  }

  #unsupported(text: string): VaeError {
    return new VaeError('unsupported', `${this.spec.name}: ${text}.`);
  }
}
