import type { Tensor } from '@vae/sdk/media';
import type { Graph } from '../graph/graph.js';
import { sizeOf } from '../graph/shape.js';
import type { NoiseKind, NoiseRows } from '../noise/draw-noise.js';

/**
 * A training step cut at the gradient, for engines that differentiate in a way of their own, split the batch, or
 * update the weights outside the graph. Forward or gradients, and then the update, are the whole step.
 */
export interface StepParts {
  /** Loss and terms, without gradients: what an engine with gradients of its own runs. */
  readonly forward: Graph;
  /** Loss, terms, and the raw gradient of every parameter under `gradientName(parameter)`. */
  readonly gradients: Graph;
  /** State, gradients (inputs under the same names) and scalars → the new state and `gradientNorm`. */
  readonly update: Graph;
  /** Parameters by name, in the order of the gradients; state beside them is the optimiser's. */
  readonly parameters: readonly string[];
  /**
   * True where the outputs of `gradients` for a batch are the sums of those for its parts: the shares in `weight`
   * say how much of the mean each sample is.
   */
  readonly additive: boolean;
}

/** What an engine runs: a graph, and which of its outputs become the state that the next run reads. */
export interface Program {
  readonly graph: Graph;
  /** Output name by the name of the state input that it replaces. Empty for programs that only look. */
  readonly updates: ReadonlyMap<string, string>;
  /** The number of samples in every run, where it is fixed. */
  readonly batch?: number;
  /** What products of matrices and convolutions are computed in; float32 when left out, as all the rest is. */
  readonly precision?: 'float16';
  /** What of its inputs is noise, by name: an engine may draw it itself, under that name as its stream. */
  readonly noises?: ReadonlyMap<string, { readonly source: NoiseKind }>;
  /** The same in parts, for a program that trains. */
  readonly parts?: StepParts;
}

/** Weights, moments and counters by name: all that lives from step to step. */
export type State = Readonly<Record<string, Tensor>>;
/** The arrays that hold it. */
export const arraysOf = (state: State): Float32Array[] => Object.values(state).map(({ data }) => data);

/** Data, noise and scalars of one run by input name, in row-major order. An engine may take the arrays over. */
export type Feeds = Readonly<Record<string, Float32Array>>;
/** Results by output name; those that update the state stay in the engine. */
export type Results = Record<string, Float32Array>;

export interface EngineOptions {
  /** Threads for one run; a whole number >= 1. */
  readonly threads?: number;
  /** `auto`, the default, takes the best that works; another one that does not work is an error. */
  readonly device?: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  /** The state is given away: an engine may take its arrays over, which are empty afterwards. */
  readonly handOver?: boolean;
  /** Told what a user should know of the choice. */
  readonly onNote?: (text: string) => void;
}

/** Room in an engine's memory for what one run is fed. */
export interface Loan {
  /** Arrays to fill, by name, which then belong among the run's feeds. They come as an earlier run has left them. */
  readonly arrays: Feeds;
  /** Has the engine draw all noise of the run; there are no arrays for it. */
  readonly drawFor?: (rows: NoiseRows) => void;
}

/** How an engine takes several updates at once, where that is cheaper than one at a time. */
export interface StepGroup {
  /** Updates worth asking for at once; fewer are fine. */
  readonly size: number;
  /**
   * As many runs of a program as there are feeds, in order; results of each. A further group may be asked for while one
   * is under way: they are done one after another.
   */
  run(program: string, feeds: readonly Feeds[]): Promise<Results[]>;
  /** Room for one run of a program, the engine's again when that run is done. Undefined where none is free or there is none. */
  lend?(program: string): Loan | undefined;
}

/** Programs that share one state. */
export interface Compiled {
  /** "onnxruntime-node 1.30.0 (cpu, 2 threads)": what really runs. */
  readonly description: string;
  /** Versions of what computes, by package name, for the manifest. */
  readonly versions: Readonly<Record<string, string>>;
  /** What computes: `cpu` (also where it is left out), `cuda`, `webgpu`, `wasm`. */
  readonly device?: string;
  /** Present where groups of updates are taken at once. */
  readonly group?: StepGroup;
  run(program: string, feeds: Feeds): Promise<Results>;
  /** A copy of the state. */
  readState(): Promise<State>;
  /** Replaces the tensors that are named by copies; the others stay as they are. */
  writeState(state: State): Promise<void>;
  dispose(): Promise<void>;
}

/** What computes: it knows graphs and operators, never objectives or networks. */
export interface Engine {
  readonly name: string;
  /** @throws TrainerError "engine-failed" when the runtime refuses a program */
  compile(
    programs: Readonly<Record<string, Program>>,
    state: State,
    options?: EngineOptions,
  ): Promise<Compiled>;
}

interface Fed extends Pick<Program, 'batch'> {
  readonly graph: Pick<Graph, 'inputs'>;
}

/** The batch size of a run, read off the first fed input that has one. */
export function batchOf(program: Fed, feeds: Feeds): number {
  if (program.batch !== undefined) return program.batch;
  for (const input of program.graph.inputs) {
    if (input.shape[0] !== 'N' || !(input.name in feeds)) continue;
    return feeds[input.name].length / sizeOf(input.shape.slice(1) as number[]);
  }
  return 1;
}
