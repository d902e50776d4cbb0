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
  const rounded = Array.from(expected.data, Math.fround);
  const sizes = rounded.filter(Number.isFinite).map(Math.abs);
  const scale = sizes.reduce((largest, size) => Math.max(largest, size), 1e-30);
  return rounded.reduce((largest, value, i) => {
    if (Object.is(found.data[i], value) || found.data[i] === value) return largest;
    const difference = Math.abs(found.data[i] - value) / scale;
    return Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }, 0);
}
