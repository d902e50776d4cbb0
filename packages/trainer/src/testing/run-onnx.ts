import { loadRuntime } from '@vae/sdk/runtime';
import type { Array64 } from '../engines/reference/kernels.js';

export interface FloatArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

type Arrays = Readonly<Record<string, FloatArray>>;

/** Runs the bytes of a model once for every set of feeds, on the CPU. */
export async function runOnnx(model: Uint8Array, ...runs: Arrays[]): Promise<Arrays[]> {
  const runtime = await loadRuntime({ device: 'cpu' });
  const session = await runtime.createSession(model, { threads: 1 });
  try {
    const results: Arrays[] = [];
    for (const feeds of runs) results.push((await session.run(feeds)) as Arrays);
    return results;
  } finally {
    await session.release();
  }
}

/**
 * Largest difference between a float32 result and the float64 one, relative to the largest number in it; infinite
 * where the shapes differ or only one of the two is a finite float32.
 */
export function relativeDifference(found: FloatArray, expected: Array64): number {
  if (String(found.shape) !== String(expected.shape) || found.data.length !== expected.data.length)
    return Number.POSITIVE_INFINITY;
  let [largest, scale] = [0, 1e-30];
  for (let i = 0; i < found.data.length; i++) {
    const value = Math.fround(expected.data[i]);
    if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
    if (Object.is(found.data[i], value) || found.data[i] === value) continue;
    const difference = Math.abs(found.data[i] - value);
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest / scale;
}
