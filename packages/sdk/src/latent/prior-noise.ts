import { VaeError } from '../errors.js';
import { fillNormalBlock } from '../random/fill.js';
import { assertUint32 } from '../random/key.js';
import { shown } from '../shown.js';
import { sizeOf } from '../tensor.js';
import { assertTemperature, type BatchPlace, type NoiseOptions, noiseOf, seedOf } from './noise.js';

/** `noise` has the shape of the result. */
export interface PriorSampleOptions extends NoiseOptions, BatchPlace {
  /** Factor on the spread, >= 0; 1 when left out. */
  readonly temperature?: number;
  /** Normal draws further than this from 0, before the temperature, are drawn again; >= 0.01, none when left out. */
  readonly truncation?: number;
}

/**
 * Standard normals [n, ...] for draws from a prior: row i with stream 'sample' and index `first` + i. Elements beyond
 * the truncation come from step 1, 2, ... of their row instead.
 *
 * @throws VaeError "bad-option", "bad-input" for noise of another shape
 */
export function priorNoise(shape: readonly number[], options: PriorSampleOptions): Float32Array {
  const { seed, noise, first = 0, temperature = 1, truncation } = options;
  if (!shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new VaeError('bad-option', `sample: ${shape.join(' x ')} latents; expected whole numbers >= 0.`);
  }
  sizeOf(shape, 'sample', 'bad-option');
  assertUint32(first, 'first', 'sample');
  assertTemperature(temperature, 'sample');
  const keyOf = (row: number) => ({ stream: 'sample', index: first + row });
  if (truncation === undefined) return noiseOf(shape, { seed, noise }, 'sample', keyOf);
  if (!(typeof truncation === 'number' && truncation >= 0.01)) {
    throw new VaeError(
      'bad-option',
      `sample: truncation is ${shown(truncation)}, expected a number >= 0.01.`,
    );
  }
  if (noise !== undefined) {
    throw new VaeError('bad-option', 'sample: given noise cannot be drawn again; leave the truncation out.');
  }
  const chosen = seedOf(seed);
  const data = noiseOf(shape, { seed: chosen }, 'sample', keyOf);
  const size = sizeOf(shape.slice(1), 'sample');
  for (let row = 0; row < shape[0]!; row++) {
    redraw(data.subarray(row * size, (row + 1) * size), truncation, chosen, first + row);
  }
  return data;
}

/** Block by block, for a block is what can be drawn alone: with the whole row, most would be drawn for nothing. */
function redraw(values: Float32Array, truncation: number, seed: number, index: number): void {
  const beyond = (value: number) => Math.abs(value) > truncation;
  const next = new Float32Array(4);
  for (let block = 0; 4 * block < values.length; block++) {
    const four = values.subarray(4 * block, 4 * block + 4);
    for (let step = 1; four.some(beyond); step++) {
      fillNormalBlock(next, { seed, stream: 'sample', step, index }, block);
      for (let i = 0; i < four.length; i++) if (beyond(four[i]!)) four[i] = next[i]!;
    }
  }
}
