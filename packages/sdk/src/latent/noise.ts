import { VaeError } from '../errors.js';
import { fillNormal, freshSeed, type NoiseKey } from '../random/index.js';
import { shown } from '../shown.js';
import { type ArrayInput, sameShape, show, sizeOf, toFloatTensor, zeros } from '../tensor.js';

/** The two ways to say what is random: a seed, or the noise itself. Not both. */
export interface NoiseOptions {
  /** Whole number 0 to 2^53 - 1; a fresh one when neither seed nor noise is given. */
  readonly seed?: number;
  /** Standard-normal values to use instead of drawn ones. */
  readonly noise?: ArrayInput;
}

/** A batch that is part of a longer one. */
export interface BatchPlace {
  /** Number of the first row where the batch is part of a longer one, uint32; 0 when left out. */
  readonly first?: number;
}

/** The part of a row's key that is not the seed. */
type KeyOfRow = (row: number) => Omit<NoiseKey, 'seed'>;

/**
 * The given noise, or standard normals of a shape [N, ...], each row the beginning of its own key's sequence.
 *
 * @throws VaeError "bad-option" for seed and noise together, "bad-input" for noise of another shape
 */
export function noiseOf(
  shape: readonly number[],
  { seed, noise }: NoiseOptions,
  where: string,
  keyOf: KeyOfRow,
): Float32Array {
  assertOneSource({ seed, noise }, where);
  if (noise !== undefined) return givenNoise(noise, shape, where);
  return drawnNoise(shape, seedOf(seed), where, keyOf);
}

/** The seed that was given, a fresh one for none. A null stays, and is refused: it may stand for one that got lost. */
export function seedOf(seed: number | undefined): number {
  return seed === undefined ? freshSeed() : seed;
}

export function assertOneSource({ seed, noise }: NoiseOptions, where: string): void {
  if (noise !== undefined && seed !== undefined) {
    throw new VaeError('bad-option', `${where}: give either a seed or the noise, not both.`);
  }
}

/** Noise of that shape, or flat with as many values. */
export function givenNoise(noise: ArrayInput, shape: readonly number[], where: string): Float32Array {
  const { data, shape: came } = toFloatTensor(noise, `${where} noise`);
  const flat = came.length === 1 && data.length === sizeOf(shape, where);
  if (!flat && !sameShape(came, shape)) {
    throw new VaeError('bad-input', `${where}: noise is ${show(came)}, expected ${show(shape)}.`);
  }
  return data;
}

function drawnNoise(shape: readonly number[], seed: number, where: string, keyOf: KeyOfRow): Float32Array {
  const out = zeros(shape, where, 'bad-option');
  const size = sizeOf(shape.slice(1), where);
  for (let row = 0; row < shape[0]!; row++) fillNormal(out, { seed, ...keyOf(row) }, row * size, size);
  return out;
}

export function assertTemperature(temperature: number, where: string): void {
  if (!Number.isFinite(temperature) || temperature < 0) {
    throw new VaeError(
      'bad-option',
      `${where}: temperature is ${shown(temperature)}, expected a number >= 0.`,
    );
  }
}
