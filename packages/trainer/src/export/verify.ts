import { loadRuntime, type Session } from '@vae/sdk/runtime';
import type { Compiled, Results } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { sampleSize } from '../graph/shape.js';
import type { Programs } from '../programs.js';
import type { Halves } from './halves.js';

/** Batch sizes that an exported file is run with: one, an odd one, a large one. */
const BATCHES = [1, 7, 128];
const TOLERANCE = 1e-5;

interface Comparison {
  readonly programs: Programs;
  readonly compiled: Compiled;
  readonly reference: Float32Array;
}

/** Largest difference, in units of 1e-5 × max(1, largest |expected|): above 1 is too much. */
export function mismatch(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(got[i] - expected[i]);
    // NaN, and infinity on either side
    if (!Number.isFinite(distance)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / (TOLERANCE * scale);
}

/** `count` rows, taken from the start again when there are fewer. */
function takeRows(all: Float32Array, size: number, count: number): Float32Array {
  const rows = all.length / size;
  const out = new Float32Array(count * size);
  for (let i = 0; i < count; i++) out.set(all.subarray((i % rows) * size, ((i % rows) + 1) * size), i * size);
  return out;
}

async function compareHalf(session: Session, file: string, feed: Feed, expected: Results): Promise<void> {
  const got = await session.run({ [feed.name]: { data: feed.data, shape: feed.shape } });
  for (const [name, values] of Object.entries(expected)) {
    const excess = mismatch(got[name].data as Float32Array, values);
    if (excess > 1)
      throw new TrainerError(
        'export-mismatch',
        `${file}: output "${name}" differs from the trainer's forward pass by ${excess.toPrecision(3)} times the ` +
          `tolerance of 1e-5 at batch ${feed.shape[0]}. Nothing was exported; please report this with the recipe.`,
      );
  }
}

interface Feed {
  readonly name: 'x' | 'z';
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * Runs both files in ONNX Runtime and compares every output with the engine's own forward pass.
 *
 * @throws TrainerError "export-mismatch"
 */
export async function verifyExport(
  halves: Halves,
  { programs, compiled, reference }: Comparison,
): Promise<void> {
  const runtime = await loadRuntime();
  const encoder = await runtime.createSession(halves.encoder, {});
  const decoder = await runtime.createSession(halves.decoder, {});
  const dataShape = programs.encode.graph.inputs.find(({ name }) => name === 'x')!.shape.slice(1) as number[];
  try {
    for (const count of BATCHES) {
      const x = takeRows(reference, sampleSize(dataShape), count);
      const codes = await compiled.run('encode', { x: x.slice() });
      await compareHalf(encoder, 'encoder.onnx', { name: 'x', data: x, shape: [count, ...dataShape] }, codes);
      const z = codes.mean;
      const decoded = await compiled.run('decode', { z: z.slice() });
      const shape = [count, z.length / count];
      await compareHalf(decoder, 'decoder.onnx', { name: 'z', data: z, shape }, decoded);
    }
  } finally {
    await encoder.release();
    await decoder.release();
  }
}
