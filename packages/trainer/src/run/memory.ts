import { freemem, platform, totalmem } from 'node:os';
import { TrainerError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { formatShape, isStatic, sampleSize } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { labelWidth } from '../model/label.js';
import type { Programs } from '../programs.js';

/** Numbers that one array may hold. */
const LARGEST_ARRAY = 2 ** 29;

/**
 * How often a run holds its weights and its state, which is the weights with what the optimiser and the average keep: in
 * the caller's thread, the engine's, sessions with their packed weights, gradients, the exported model. Measured with
 * onnxruntime-node 1.30 on 2 threads, as the peak of resident memory over that of a tiny network, on dense networks of 12
 * to 158 million weights: SGD 7.5 to 8.5 times the weights, Adam 9.7 to 11, with an average 14. What layers
 * leave for the backward pass was held 8 (kernels of 1) to 27 times (kernels of 3, which are unfolded) on one thread. These
 * are less, so that nothing is refused that fits.
 */
const HELD = { weights: 5.5, state: 1.4, activations: 4 };

/** Samples that a network with convolutions has under way at once, at least. */
const MICRO_BATCH = 32;

/**
 * Batches under way: one is worked on, one waits, one is being filled. With them and the activations, 6000 samples more in a
 * batch of 3×32×32 and dense layers make 7 times their size by this count, and made 12 to 14 on onnxruntime-node.
 */
const BATCHES = 3;

const total = (shapes: Iterable<Parameters<typeof sampleSize>[0]>): number =>
  [...shapes].reduce((sum, shape) => sum + sampleSize(shape), 0);

/** What layers with weights leave for the backward pass, for one sample. */
function keptPerSample({ nodes }: Graph, layers: readonly string[]): number {
  const kept = nodes.filter(({ op, shape }) => layers.includes(op.name) && !isStatic(shape));
  return total(kept.map(({ shape }) => shape));
}

/** Entries in the lists of windows that processors read maps by: one for each tap of a kernel and pixel, at least. */
function windowEntries({ nodes }: Graph): number {
  const pixelsOf = ({ shape }: Pick<Value, 'shape'>): number => total([shape.slice(2)]);
  const lists = nodes.flatMap(({ op, shape, inputs }) => {
    if (!['Conv', 'ConvTranspose'].includes(op.name)) return [];
    const taps = pixelsOf(inputs[1]);
    return taps > 1 ? [[taps, Math.min(pixelsOf(inputs[0]), pixelsOf({ shape }))]] : [];
  });
  // Layers that are alike share one.
  const distinct = new Map(lists.map((list) => [list.join(), list]));
  return total(distinct.values());
}

function sizesOf({ parameters, slots }: Programs): { weights: number; state: number } {
  const weights = total([...parameters.values()].map(({ shape }) => shape));
  return { weights, state: weights + total(slots.values()) };
}

/** Bytes that training holds at its peak, at least. */
export function bytesToTrain(programs: Programs, dataShape: readonly number[]): number {
  const { weights, state } = sizesOf(programs);
  const { batch = 1, parts, graph } = programs.train;
  const forward = parts?.forward ?? graph;
  const convolved = keptPerSample(forward, ['Conv', 'ConvTranspose']);
  const rows = convolved > 0 ? Math.min(batch, MICRO_BATCH) : batch;
  const activations = rows * (convolved + keptPerSample(forward, ['MatMul']));
  const held = HELD.weights * weights + HELD.state * state + HELD.activations * activations;
  const fed = sampleSize(dataShape) + labelWidth(graph);
  return 4 * (held + BATCHES * batch * fed) + 8 * windowEntries(forward);
}

/** Bytes for the state before the first step: its numbers, their file, and the file as it is written. */
export const bytesToWrite = (programs: Programs): number => 4 * 3 * sizesOf(programs).state;

/**
 * Bytes that this process may still take. Only Linux counts as free what it keeps of files; elsewhere all there is has to
 * do. A container has a limit of its own.
 */
const availableBytes = (): number =>
  Math.min(
    platform() === 'linux' ? freemem() : totalmem(),
    process.constrainedMemory() || Number.POSITIVE_INFINITY,
  );

const gigabytes = (count: number): number => Number((count / 2 ** 30).toPrecision(3));

/**
 * Refuses networks that are too large for this machine, before anything is written.
 *
 * @param options.bytes needed at least
 * @param options.available bytes that there are
 * @throws TrainerError "bad-recipe" naming the largest parameter
 */
export function requireMemory(
  programs: Programs,
  dataShape: readonly number[],
  { bytes = bytesToTrain(programs, dataShape), available = availableBytes() } = {},
): void {
  const batch = programs.train.batch ?? 1;
  const [name, { shape }] = [...programs.parameters].reduce((a, b) =>
    sampleSize(b[1].shape) > sampleSize(a[1].shape) ? b : a,
  );
  const widest = Math.max(sampleSize(dataShape), labelWidth(programs.train.graph));
  const largest = Math.max(sampleSize(shape), batch * widest);
  if (bytes < available && largest < LARGEST_ARRAY) return;
  const reason =
    bytes < available
      ? `The networks or a batch have an array of ${largest} numbers, expected fewer than ${LARGEST_ARRAY}`
      : `The networks and a batch need ${gigabytes(bytes)} GiB at least, and ${gigabytes(available)} GiB are free here`;
  throw new TrainerError(
    'bad-recipe',
    `${reason}. The largest parameter is ${name}, ${formatShape(shape)}; the batch is ${batch}. Make them smaller.`,
  );
}
