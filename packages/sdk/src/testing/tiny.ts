import { afterEach, expect } from 'vitest';
import { isVaeError } from '../errors.js';
import type { LoadOptions } from '../load/load-options.js';
import type { Tensor } from '../tensor.js';
import { VAE } from '../vae/vae.js';
import { dataShape, modelBytes, type Parts } from './models.js';

/** Images of the tiny model, alone and in one batch. */
export const image = [0, 0.25, 0.5, 0.75, 1, 0.1];
export const other = [1, 0.9, 0.3, 0.2, 0.1, 0];
export const third = [0.5, 0.5, 0, 0, 1, 1];
export const three = { data: [...image, ...other, ...third], shape: [3, ...dataShape] };

/** Gives what loads tiny models, each of which is disposed after its test. */
export function tinyLoader(defaults: LoadOptions = {}) {
  const open: VAE[] = [];
  afterEach(async () => {
    for (const vae of open.splice(0)) await vae.dispose();
  });
  return async (parts: Parts = {}, options: LoadOptions = defaults): Promise<VAE> => {
    const vae = await VAE.load(modelBytes(parts), options);
    open.push(vae);
    return vae;
  };
}

export function expectClose(actual: Tensor, expected: readonly number[], tolerance = 1e-5): void {
  expect(actual.data.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual.data[i]! - value)).toBeLessThan(tolerance);
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isVaeError(error) ? error.code : `not a VaeError: ${error}`;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The items of streamed results, one after another. */
export const joined = (parts: readonly Tensor[]): Tensor => ({
  data: Float32Array.from(parts.flatMap(({ data }) => [...data])),
  shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)],
});
