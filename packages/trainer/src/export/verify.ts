import { loadRuntime, type Session } from '@vae/sdk/runtime';
import type { Compiled, Results, State } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { isGpu } from '../engines/is-gpu.js';
import { TrainerError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { resolveShape, sampleSize } from '../graph/shape.js';
import { LABEL, labelWidth, oneHot } from '../model/label.js';
import type { Programs } from '../programs.js';
import { fileOf, graphOf, type HalfName, type Halves } from './halves.js';

/** Batch sizes that an exported file is run with: one, an odd one, a large one. */
const BATCHES = [1, 7, 128];
/** Of a file, in units of max(1, largest |expected|). */
export const TOLERANCE = 1e-5;

export interface Comparison {
  readonly programs: Pick<Programs, 'encode' | 'decode'>;
  /** The engine's forward pass, which the files must equal. */
  readonly compiled: Pick<Compiled, 'run' | 'device'>;
  /** Data as the encoder sees it, [count, ...shape]. */
  readonly reference: Float32Array;
  /** Files that they must equal too, by what to call them: those of the native writer, of the model exported from. */
  readonly files?: Readonly<Record<string, Halves>>;
  /** What the engine computes with, for a second forward pass where a GPU's differs. */
  readonly weights: State;
  readonly onNote?: (text: string) => void;
}

/** CUDA rounds the factors of products to TF32, which has ten bits; WebGPU drivers may do as much. */
const GPU_TOLERANCE = 5e-3;

const REFUSAL = ' Nothing was exported; please report this with the recipe.';
const isMismatch = (error: unknown): error is TrainerError =>
  error instanceof TrainerError && error.code === 'export-mismatch';

/**
 * Largest difference, in units of tolerance × max(1, largest |expected|): above 1 is too much.
 *
 * @param least what stands for 1, where what the numbers were computed from was larger
 */
export function mismatch(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number = TOLERANCE,
  least = 1,
): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = least;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(got[i] - expected[i]);
    // NaN, and infinity on either side
    if (!Number.isFinite(distance)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / (tolerance * scale);
}

/** `count` rows, taken from the start again when there are fewer. */
function takeRows(all: Float32Array, size: number, count: number): Float32Array {
  const rows = all.length / size;
  const out = new Float32Array(count * size);
  for (let i = 0; i < count; i++) out.set(all.subarray((i % rows) * size, ((i % rows) + 1) * size), i * size);
  return out;
}

/** Labels for a half that takes some, of one class after the other. */
function labelRows(graph: Graph, count: number): Readonly<Record<string, Float32Array>> {
  const width = labelWidth(graph);
  const classes = Array.from({ length: count }, (_, row) => row % width);
  return width > 0 ? { [LABEL]: oneHot(classes, width) } : {};
}

interface Feed {
  readonly half: HalfName;
  /** Of the batch. */
  readonly count: number;
  /** Rows of every input, by its name. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** A forward pass of both halves. */
interface Forward {
  /** "the trainer's forward pass" */
  readonly name: string;
  /** What a file may differ from it by. */
  readonly tolerance: number;
  run(feed: Feed): Promise<Results>;
  close(): Promise<void>;
}

const engineForward = (compiled: Comparison['compiled']): Forward => ({
  name: "the trainer's forward pass",
  tolerance: isGpu(compiled.device) ? GPU_TOLERANCE : TOLERANCE,
  run: ({ half, inputs }) => {
    const copies = Object.entries(inputs).map(([name, data]) => [name, data.slice()]);
    return compiled.run(half === 'encoder' ? 'encode' : 'decode', Object.fromEntries(copies));
  },
  close: async () => {},
});

/** Files are judged on the processor, whose products are exact to float32. */
const exactRuntime = () => loadRuntime({ device: 'cpu' }).catch(() => loadRuntime({ device: 'wasm' }));

async function filesForward(
  name: string,
  halves: Halves,
  programs: Comparison['programs'],
): Promise<Forward> {
  const runtime = await exactRuntime();
  const encoder = await runtime.createSession(halves.encoder, {});
  const decoder = await runtime.createSession(halves.decoder, {});
  const sessions: Record<HalfName, Session> = { encoder, decoder };
  return {
    name,
    tolerance: TOLERANCE,
    run: async ({ half, count, inputs }) => {
      const fed = graphOf(programs, half).inputs.filter(({ name }) => name in inputs);
      const tensors = fed.map(({ name, shape }) => [
        name,
        { data: inputs[name], shape: resolveShape(shape, count) },
      ]);
      const results = await sessions[half].run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([output, tensor]) => [output, tensor.data as Float32Array]),
      );
    },
    close: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
}

/** Of logits that are off by d, as large ones are by their rounding, expected values are off by up to d/4, the steepest slope of σ. */
function leastScale(name: string, { logits }: Results): number {
  if (name !== 'x' || !logits) return 1;
  return logits.reduce((most, logit) => Math.max(most, Math.abs(logit) / 4), 1);
}

/** Compares what a file gives with every other forward pass; returns the engine's results. */
async function compare(exported: Forward, others: readonly Forward[], feed: Feed): Promise<Results> {
  const got = await exported.run(feed);
  const results = [];
  for (const other of others) {
    const expected = await other.run(feed);
    results.push(expected);
    for (const [name, values] of Object.entries(expected)) {
      const excess = mismatch(got[name] ?? [], values, other.tolerance, leastScale(name, expected));
      if (excess > 1)
        throw new TrainerError(
          'export-mismatch',
          `${fileOf(feed.half)}: output "${name}" differs from ${other.name} by ${excess.toPrecision(3)} times the ` +
            `tolerance of ${other.tolerance} at batch ${feed.count}.${REFUSAL}`,
        );
    }
  }
  return results[0];
}

/** Runs both files and compares every output with the engine's own forward pass, and with other files. */
async function verify(halves: Halves, comparison: Comparison): Promise<void> {
  const { programs, compiled, reference, files = {} } = comparison;
  const dataShape = programs.encode.graph.inputs.find(({ name }) => name === 'x')!.shape.slice(1) as number[];
  const opened: Forward[] = [];
  try {
    for (const [name, other] of Object.entries({ exported: halves, ...files }))
      opened.push(await filesForward(name, other, programs));
    const [exported, ...rest] = opened;
    const others = [engineForward(compiled), ...rest];
    for (const count of BATCHES) {
      const x = takeRows(reference, sampleSize(dataShape), count);
      const feed = (half: HalfName, data: Feed['inputs']): Feed => ({
        ...{ half, count },
        inputs: { ...data, ...labelRows(graphOf(programs, half), count) },
      });
      const { mean } = await compare(exported, others, feed('encoder', { x }));
      await compare(exported, others, feed('decoder', { z: mean }));
    }
  } finally {
    for (const forward of opened) await forward.close();
  }
}

/** The same programs on the processor, which rounds as the files do. */
async function verifyOnProcessor(halves: Halves, comparison: Comparison): Promise<void> {
  const { encode, decode } = comparison.programs;
  const engine = await engines.ort();
  const compiled = await engine.compile({ encode, decode }, comparison.weights, { device: 'cpu' });
  try {
    await verify(halves, { ...comparison, compiled });
  } finally {
    await compiled.dispose();
  }
}

/**
 * Runs both files in ONNX Runtime and compares every output with the engine's own forward pass, and with other files
 * where there are any. Where a GPU differs by more than it may, as deep networks do by its rounding of products, the same
 * programs are asked on the processor, and their word counts.
 *
 * @throws TrainerError "export-mismatch"
 */
export async function verifyExport(halves: Halves, comparison: Comparison): Promise<void> {
  const { compiled, onNote } = comparison;
  try {
    await verify(halves, comparison);
  } catch (error) {
    if (!isMismatch(error) || !isGpu(compiled.device)) throw error;
    await verifyOnProcessor(halves, comparison);
    const difference = error.message.replace(REFUSAL, '');
    onNote?.(`${difference} That is ${compiled.device}'s rounding: on the processor both are the same.`);
  }
}
