import type { Manifest } from '@vae/sdk/manifest';
import { loadRuntime, type Session, type TensorLike } from '@vae/sdk/runtime';
import { TrainerError } from '../errors.js';
import { type RoundingName, roundings } from './dtypes.js';
import { fileOf, type HalfName, type Halves, halfNames } from './halves.js';
import { drawInputs, feedOf, SAMPLES, type Samples } from './reference-inputs.js';
import { withSessions } from './sessions.js';
import { timeRatio } from './time-ratio.js';

/** Batch sizes at which files are compared. */
const BATCHES = [1, 7, SAMPLES];
const TIMED_BATCH = 32;

/** How far an output is from that of the float32 file, in its own unit. */
export interface OutputError {
  readonly largest: number;
  readonly mean: number;
  /** Largest |expected|. */
  readonly range: number;
}

export interface HalfPrecision {
  readonly bytes: number;
  readonly float32Bytes: number;
  /** Median time of a run at batch 32, in units of the float32 file's. */
  readonly timeRatio: number;
  readonly outputs: Readonly<Record<string, OutputError>>;
}

/** What rounding a model's numbers cost and saved, as measured. */
export interface Precision {
  readonly dtype: RoundingName;
  /** In units of max(1, largest |expected|). */
  readonly tolerance: number;
  /** What ran the files, such as "onnxruntime-node 1.30.0 on cpu". */
  readonly runtime: string;
  readonly encoder: HalfPrecision;
  readonly decoder: HalfPrecision;
}

const floats = (tensor: TensorLike): Float32Array => tensor.data as Float32Array;

/** Largest and mean difference; infinite where one is NaN or the lengths differ. */
function errorOf(got: Float32Array | undefined, expected: Float32Array): OutputError {
  if (got?.length !== expected.length) return { largest: Infinity, mean: Infinity, range: 0 };
  let [largest, sum, range] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(got[i] - expected[i]);
    if (!Number.isFinite(distance)) return { largest: Infinity, mean: Infinity, range };
    largest = Math.max(largest, distance);
    sum += distance;
    range = Math.max(range, Math.abs(expected[i]));
  }
  return { largest, mean: sum / expected.length, range };
}

interface Pair {
  readonly rounded: Session;
  readonly exact: Session;
}

async function compareOutputs(
  half: HalfName,
  { rounded, exact }: Pair,
  input: Samples,
  { dtype, tolerance }: Pick<Precision, 'dtype' | 'tolerance'>,
): Promise<Record<string, OutputError>> {
  const worst: Record<string, OutputError> = {};
  for (const count of BATCHES) {
    const feed = feedOf(input, count);
    const [got, expected] = [await rounded.run(feed), await exact.run(feed)];
    for (const [name, values] of Object.entries(expected)) {
      const error = errorOf(got[name] && floats(got[name]), floats(values));
      if (error.largest > tolerance * Math.max(1, error.range))
        throw new TrainerError(
          'export-mismatch',
          `${fileOf(half)}: output "${name}" is off by up to ${error.largest.toPrecision(3)} as ${dtype}, at batch ${count}; ` +
            `allowed are ${tolerance} × max(1, ${error.range.toPrecision(3)}, the largest expected number). ` +
            `Nothing was exported. --tolerance accepts more${dtype === 'int8' ? ', --dtype float16 is more exact' : ''}.`,
        );
      const before = worst[name];
      worst[name] = {
        largest: Math.max(error.largest, before?.largest ?? 0),
        // Of the largest batch, which has all samples.
        mean: error.mean,
        range: error.range,
      };
    }
  }
  return worst;
}

/**
 * Runs the files of a rounded model beside those of the float32 model, and measures errors, sizes and times. Latents
 * are drawn from the prior; half of the data are decoded from them, half are uniform noise.
 *
 * @param tolerance largest error of an output, in units of max(1, largest |expected|)
 * @throws TrainerError "export-mismatch" naming the output that is off by more
 */
export async function measurePrecision(
  dtype: RoundingName,
  rounded: Halves,
  exact: Halves,
  {
    manifest,
    tolerance = roundings[dtype].bound,
  }: { readonly manifest: Manifest; readonly tolerance?: number },
): Promise<Precision> {
  const runtime = await loadRuntime();
  const inputs = await withSessions(runtime, [exact.decoder], ([decoder]) => drawInputs(manifest, decoder));
  const measure = (half: HalfName): Promise<HalfPrecision> =>
    withSessions(runtime, [rounded[half], exact[half]], async ([first, second]) => {
      const outputs = await compareOutputs(half, { rounded: first, exact: second }, inputs[half], {
        dtype,
        tolerance,
      });
      const feed = feedOf(inputs[half], TIMED_BATCH);
      return {
        bytes: rounded[half].length,
        float32Bytes: exact[half].length,
        timeRatio: await timeRatio(
          () => first.run(feed),
          () => second.run(feed),
        ),
        outputs,
      };
    });
  const [encoder, decoder] = [await measure('encoder'), await measure('decoder')];
  return {
    dtype,
    tolerance,
    runtime: `${runtime.name} ${runtime.version} on ${runtime.device}`,
    encoder,
    decoder,
  };
}

/** Errors in rows, output by output. */
export const outputRows = (precision: Precision): [half: HalfName, output: string, error: OutputError][] =>
  halfNames.flatMap((half) =>
    Object.entries(precision[half].outputs).map(([output, error]): [HalfName, string, OutputError] => [
      half,
      output,
      error,
    ]),
  );
