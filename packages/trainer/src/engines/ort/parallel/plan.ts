import type { Graph } from '../../../graph/graph.js';
import { elementCount, isStatic, resolveShape, sizeOf } from '../../../graph/shape.js';
import { gradientName } from '../../../graph/value.js';
import type { NoiseKind } from '../../../noise/draw-noise.js';
import type { OnnxModel } from '../../../onnx/model.js';
import { writeOnnx } from '../../../onnx/writer.js';
import { lowerForCpu } from '../../../targets/cpu/index.js';
import { compileUpdate, type UpdatePlan } from '../../../targets/wasm/index.js';
import type { Program, State, StepParts } from '../../engine.js';
import { FeedMemory } from './feed-memory.js';
import { withRefusedOutput } from './in-place.js';
import { StepMemory } from './step-memory.js';

/** Samples of one run: few enough that what a layer leaves for the next is still in the cache. */
const MICRO_BATCH = 32;
/**
 * Samples of half a batch of a dense network with at most so many parameters: with fewer samples its products are too thin
 * for the second gradient.
 */
const LEAST_HALF = [
  { parameters: 2 ** 20, samples: 32 },
  { parameters: 5 * 2 ** 21, samples: 64 },
  { parameters: 2 ** 24, samples: 128 },
];
/** Parameters whose gradients may be copied, where memory is not shown to the runtime as it is: then halves cost more. */
const MOST_COPIED = 3 * 2 ** 18;
/** Gradients that are kept apart until the update adds them; more micro-batches than that share one. */
const MAX_REGIONS = 16;

/** Threads for one update at most: it waits for memory, of which a few should take all; tried with two. */
const MOST_UPDATING = 4;

/** What there is to divide the work over. */
export interface Means {
  /** A whole number >= 1. */
  readonly threads: number;
  /** Whether memory that threads share is shown to the runtime as it is, which `canBePlain` has to allow; else it is copied. */
  readonly plain: boolean;
}

/** How a training step is dealt out. */
export interface Shares {
  /** Threads that take part. All of them update, and the first ones have a session. */
  readonly members: number;
  /** Sessions that compute gradients, each in a thread of its own. */
  readonly sessions: number;
  /** Threads of one session. */
  readonly threads: number;
  /** Samples of one run. */
  readonly rows: number;
  /** Runs for the whole batch. The samples that are missing in the last one have weight 0. */
  readonly runs: number;
  /** Runs in a row whose gradients are added in one place; the update adds the places. */
  readonly runsPerRegion: number;
}

/** One fed input, as one run of the graph takes it. */
export interface Feed {
  readonly name: string;
  readonly dims: readonly number[];
  /** Numbers in one feed of the whole step. */
  readonly length: number;
  /** Whether every run gets rows of its own, and not the same numbers. */
  readonly batched: boolean;
  /** What the threads can draw it as. */
  readonly noise?: NoiseKind;
}

/** A training step in parts: gradients of micro-batches as a graph, the update as WebAssembly. It can be sent. */
export interface StepPlan extends Shares {
  readonly name: string;
  /** Whether memory that threads share is shown to the runtime as it is. */
  readonly plain: boolean;
  readonly model: Uint8Array;
  readonly feeds: readonly Feed[];
  /** Parameters and their extents in the graph. */
  readonly parameters: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly terms: readonly string[];
  /** State input and the output of the update that replaces it. */
  readonly updates: readonly (readonly [string, string])[];
  readonly update: UpdatePlan;
  /** Order of the axes in memory, for state arrays where it is not that of the tensor. */
  readonly layouts: ReadonlyMap<string, readonly number[]>;
}

const convolutions = new Set(['Conv', 'ConvTranspose', 'ConvWeightGrad']);
const usesConvolution = ({ nodes }: Graph): boolean => nodes.some(({ op }) => convolutions.has(op.name));

const parametersOf = ({ inputs }: Graph): number =>
  inputs.reduce((sum, { role, shape }) => sum + (role === 'state' ? elementCount(shape).count : 0), 0);

/** What is dealt out, and whether gradients of parts of a batch add up to those of the whole. */
type Work = Pick<StepParts, 'gradients' | 'additive'>;

/**
 * A dense network is a few matrix products and many small operators. Products divide well over threads, the others do not, so
 * that each half of a batch has a session of its own; where samples are compared with one another, the whole batch has one. A
 * large network's update is divided over further threads, unless that took copies.
 */
function dealOutWhole({ gradients, additive }: Work, batch: number, { threads, plain }: Means): Shares {
  const parameters = parametersOf(gradients);
  const isUpdateLong = parameters > MOST_COPIED;
  const mayHalve = additive && threads > 1 && (plain || !isUpdateLong);
  const least = LEAST_HALF.find((size) => parameters <= size.parameters)?.samples ?? Number.POSITIVE_INFINITY;
  const sessions = mayHalve && batch >= 2 * least ? 2 : 1;
  const updating = isUpdateLong && plain ? Math.min(threads, MOST_UPDATING) : 1;
  return {
    members: Math.max(sessions, updating),
    sessions,
    threads: Math.floor(threads / sessions),
    rows: Math.ceil(batch / sessions),
    runs: sessions,
    runsPerRegion: 1,
  };
}

/**
 * Deals a batch out. A network with convolutions goes through in micro-batches over one-thread sessions: that keeps
 * its large activations in the cache, and operators divide badly over threads. A dense one is halved, or left
 * whole where its samples are few for its parameters. An objective that couples samples has them all in one run.
 *
 * The results depend on the number of runs alone, and so not on the number of threads as long as that divides
 * the runs of one thread: with convolutions, 1, 2 and 4 threads compute a batch of 128 to the same last bit.
 */
export function dealOut(work: Work, batch: number, means: Means): Shares {
  if (!work.additive || !usesConvolution(work.gradients)) return dealOutWhole(work, batch, means);
  const sessions = Math.min(means.threads, batch);
  const runsPerRegion = Math.ceil(batch / (MICRO_BATCH * MAX_REGIONS));
  const regions = Math.ceil(batch / (MICRO_BATCH * runsPerRegion) / sessions) * sessions;
  const runs = regions * runsPerRegion;
  return { members: sessions, sessions, threads: 1, rows: Math.ceil(batch / runs), runs, runsPerRegion };
}

/** Rows of the batch come first, or nothing depends on the batch: what is fed can be cut into parts. */
const isDivisible = ({ inputs }: Graph): boolean =>
  inputs.every(({ shape }) => isStatic(shape) || isStatic(shape.slice(1)));

function feedsOf(graph: Graph, batch: number, state: State, noises: Program['noises']): Omit<Feed, 'dims'>[] {
  const fed = graph.inputs.filter(({ name }) => !(name in state));
  return fed.map(({ name, shape }) => ({
    name,
    batched: !isStatic(shape),
    length: sizeOf(resolveShape(shape, batch)),
    noise: isStatic(shape) ? undefined : noises?.get(name)?.source,
  }));
}

const dimsOf = (model: OnnxModel, name: string): readonly number[] =>
  model.inputs.find((input) => input.name === name)!.dims as number[];

/** The update's memory must hold the whole state, each array in the order of its parameter's axes. */
function layoutsOf(
  update: UpdatePlan,
  state: State,
  layouts: ReadonlyMap<string, readonly number[]>,
): StepPlan['layouts'] | undefined {
  const byGradient = new Map([...layouts].map(([name, axes]) => [gradientName(name), axes]));
  const scalars = new Set(update.scalarInputs.map(([, name]) => name));
  const found = new Map<string, readonly number[]>();
  for (const [name, { shape }] of Object.entries(state)) {
    if (!update.places.has(name) && !scalars.has(name)) return undefined;
    const axes = byGradient.get(update.follows.get(name) ?? '');
    if (axes !== undefined && axes.length !== shape.length) return undefined;
    if (axes !== undefined) found.set(name, axes);
  }
  return found;
}

const MAX_MEMORY_BYTES = 2 ** 32 - 2 ** 16;

/**
 * Plans a training step in parts, or not at all (`undefined`): where the update is one that WebAssembly cannot do, or the
 * memory would be more than 4 GB.
 *
 * @example const plan = planStep('train', programs.train, state, { threads: 2, plain: canBePlain() })
 */
export function planStep(
  name: string,
  { parts, batch, updates, noises }: Program,
  state: State,
  means: Means,
): StepPlan | undefined {
  if (!parts || batch === undefined || !isDivisible(parts.gradients)) return undefined;
  const shares = dealOut(parts, batch, means);
  const regions = shares.runs / shares.runsPerRegion;
  const shared = shares.members > 1;
  const update = compileUpdate(parts.update, { updates, parts: regions, shared });
  if (!update) return undefined;
  const { model, layouts } = lowerForCpu(parts.gradients, { batch: shares.rows, threads: shares.threads });
  const arranged = layoutsOf(update, state, layouts);
  if (!arranged) return undefined;
  const gradients = new Set(parts.parameters.map(gradientName));
  const terms = model.outputs.map((output) => output.name).filter((output) => !gradients.has(output));
  const plan: StepPlan = {
    ...shares,
    name,
    plain: means.plain,
    model: writeOnnx(withRefusedOutput(model, terms[0])),
    feeds: feedsOf(parts.gradients, batch, state, noises).map((feed) => ({
      ...feed,
      dims: dimsOf(model, feed.name),
    })),
    parameters: parts.parameters.map((parameter) => ({
      name: parameter,
      dims: dimsOf(model, parameter),
    })),
    terms,
    updates: [...updates],
    update,
    layouts: arranged,
  };
  return Math.max(StepMemory.bytesOf(plan), FeedMemory.bytesOf(plan)) > MAX_MEMORY_BYTES ? undefined : plan;
}
