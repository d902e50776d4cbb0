import { VaeError } from '../errors.js';
import type { DiffusionScaling } from '../latent/diffusion-latents.js';

/** What matters of the config.json of an autoencoder of diffusers. */
export interface DiffusersConfig {
  /** True for classes whose encoders give a code without a distribution. */
  readonly deterministic: boolean;
  /** The second half of its moments is what softplus makes standard deviations of, plus 1e-4. */
  readonly softplus?: boolean;
  readonly scaling?: DiffusionScaling;
  /** Pixels per latent along height and width. */
  readonly factor?: number;
}

/** Classes of which more is known than their config.json says: diffusers' own defaults, read in its sources. */
const classes: Readonly<Record<string, KnownClass>> = {
  AutoencoderKL: { scalingFactor: 0.18215, halving: true },
  AutoencoderTiny: { deterministic: true, scalingFactor: 1, halving: true },
  AutoencoderDC: { deterministic: true, scalingFactor: 1, halving: true },
  AutoencoderOobleck: { softplus: true },
  Cosmos3AVAEAudioTokenizer: { softplus: true },
};

interface KnownClass extends Pick<DiffusersConfig, 'softplus'> {
  readonly deterministic?: boolean;
  readonly scalingFactor?: number;
  /** Each block but the first halves the sides. */
  readonly halving?: boolean;
}

const maximumBlocks = 16;

/** True for a config.json whose class is an autoencoder by its name, as all of diffusers' are. */
export function namesAutoencoder(bytes: Uint8Array): boolean {
  return /"_class_name"\s*:\s*"\w*(autoencoder|vae|vqmodel)/i.test(new TextDecoder().decode(bytes));
}

/**
 * Reads the config.json of an autoencoder of diffusers.
 *
 * @param where begins the errors' text
 * @returns undefined for a config.json of something else
 * @throws VaeError "bad-model" for what is no JSON, and naming a key that is not what diffusers writes
 */
export function parseDiffusersConfig(bytes: Uint8Array, where: string): DiffusersConfig | undefined {
  const config = new Fields(bytes, where);
  const className = config.text('_class_name');
  if (className === undefined) return undefined;
  const known = Object.hasOwn(classes, className) ? classes[className] : undefined;
  const scaling = scalingOf(config, known?.scalingFactor);
  const blocks = config.list('encoder_block_out_channels') ?? config.list('block_out_channels');
  return {
    deterministic: known?.deterministic ?? false,
    ...(known?.softplus && { softplus: true }),
    ...(scaling && { scaling }),
    ...(known?.halving && blocks && blocks.length <= maximumBlocks && { factor: 2 ** (blocks.length - 1) }),
  };
}

function scalingOf(config: Fields, usual: number | undefined): DiffusionScaling | undefined {
  const latentsMean = config.list('latents_mean');
  const latentsStd = config.list('latents_std');
  const shiftFactor = config.number('shift_factor');
  const whole = latentsMean && latentsStd ? 1 : undefined;
  const scalingFactor = config.number('scaling_factor') ?? usual ?? whole;
  if (scalingFactor === undefined) return undefined;
  if (scalingFactor === 0) throw config.fault('scaling_factor', 'a number other than 0');
  if (latentsStd?.some((value) => value <= 0)) throw config.fault('latents_std', 'numbers above 0');
  if (latentsMean?.length !== latentsStd?.length) {
    throw config.fault('latents_std', 'as many numbers as latents_mean');
  }
  return {
    scalingFactor,
    ...(shiftFactor !== undefined && { shiftFactor }),
    ...(latentsMean && latentsStd && { latentsMean, latentsStd }),
  };
}

/** A JSON object whose own properties are read one by one; null is as good as absent. */
class Fields {
  readonly #object: object;
  readonly #where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.#where = where;
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      throw new VaeError('bad-model', `${where}: not readable as JSON.`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new VaeError('bad-model', `${where}: expected a JSON object.`);
    }
    this.#object = value;
  }

  text(key: string): string | undefined {
    return this.#get(key, (value): value is string => typeof value === 'string', 'text');
  }

  number(key: string): number | undefined {
    return this.#get(key, isNumber, 'a number');
  }

  list(key: string): readonly number[] | undefined {
    const isList = (value: unknown): value is number[] =>
      Array.isArray(value) && value.length > 0 && value.every(isNumber);
    return this.#get(key, isList, 'a list of numbers');
  }

  fault(key: string, expected: string): VaeError {
    const came = JSON.stringify(this.#own(key))?.slice(0, 100);
    return new VaeError('bad-model', `${this.#where}: ${key} is ${came}, expected ${expected}.`);
  }

  #get<T>(key: string, fits: (value: unknown) => value is T, expected: string): T | undefined {
    const value = this.#own(key);
    if (value === undefined || value === null) return undefined;
    if (fits(value)) return value;
    throw this.fault(key, expected);
  }

  #own(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? Reflect.get(this.#object, key) : undefined;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
