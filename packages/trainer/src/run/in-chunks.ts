import { batchOf, type Compiled, type Feeds, type Program, type Results } from '../engines/engine.js';
import { isGpu } from '../engines/is-gpu.js';
import type { Graph } from '../graph/graph.js';
import { isStatic, type Shape, sampleSize } from '../graph/shape.js';
import type { Node } from '../graph/value.js';

/** What one run of a program that only looks may leave in memory; an engine keeps as much for the next run. */
const MOST_BYTES = 2 ** 25;
/** The same on a GPU, which wants many samples at once. */
const MOST_GPU_BYTES = 2 ** 28;

/** Rows of samples come first: what is fed and what comes back can be cut into parts. */
const isCut = (shape: Shape): boolean => !isStatic(shape) && isStatic(shape.slice(1));

/** True for an operator that keeps the rows of samples apart: sums over them, and pairs of them, have other extents. */
const keepsRows = ({ shape, inputs }: Node): boolean =>
  isCut(shape) || inputs.every((value) => isStatic(value.shape));

/** Whether a graph gives for samples at once what it gives for them one by one. */
const isDivisible = ({ inputs, outputs, nodes }: Graph): boolean =>
  inputs.every(({ shape }) => isStatic(shape) || isCut(shape)) &&
  nodes.every(keepsRows) &&
  [...outputs.values()].every(({ shape }) => isCut(shape));

/**
 * Samples that a graph may take at once to stay within the memory, where all that its operators give is kept; 1 at
 * least. Infinity for a graph that must have all of them together.
 *
 * @example samplesAtOnce(programs.decode.graph) // 13
 */
export function samplesAtOnce(graph: Graph, mostBytes = MOST_BYTES): number {
  if (!isDivisible(graph)) return Number.POSITIVE_INFINITY;
  const perSample = graph.nodes.filter(({ shape }) => !isStatic(shape));
  const numbers = perSample.reduce((sum, { shape }) => sum + sampleSize(shape), 0);
  return Math.max(1, Math.floor(mostBytes / (4 * numbers)));
}

function join(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The samples from `start` below `end` of all `rows`. An engine may take arrays over, so each run gets its own. */
const feedsOf = ({ inputs }: Graph, feeds: Feeds, rows: number, [start, end]: [number, number]): Feeds =>
  Object.fromEntries(
    inputs
      .filter(({ name }) => name in feeds)
      .map(({ name, shape }) => {
        const width = feeds[name].length / rows;
        return [name, isCut(shape) ? feeds[name].slice(start * width, end * width) : feeds[name].slice()];
      }),
  );

/** Runs a program on so many samples at a time, and puts the results together. */
async function runInChunks(
  { graph }: Program,
  feeds: Feeds,
  most: number,
  run: (feeds: Feeds) => Promise<Results>,
): Promise<Results> {
  const rows = batchOf({ graph }, feeds);
  if (rows <= most) return run(feeds);
  const parts: Results[] = [];
  for (let start = 0; start < rows; start += most)
    parts.push(await run(feedsOf(graph, feeds, rows, [start, Math.min(start + most, rows)])));
  const together = (name: string) => join(parts.map((part) => part[name]));
  return Object.fromEntries([...graph.outputs.keys()].map((name) => [name, together(name)]));
}

/**
 * Programs that only look take few samples at a time, so that judging and exporting need little more memory than
 * training does. A GPU had room for a batch of it, which is never cut there. Results are those of all samples at once,
 * but for rounding.
 *
 * @param looks the programs by name
 * @param options.batch samples that are trained on at once
 * @example inChunks(compiled, { evaluate, encode, decode }, { batch: 64 })
 */
export function inChunks(
  compiled: Compiled,
  looks: Readonly<Record<string, Program>>,
  { batch, mostBytes }: { readonly batch: number; readonly mostBytes?: number },
): Compiled {
  const [least, bytes] = isGpu(compiled.device) ? [batch, MOST_GPU_BYTES] : [1, MOST_BYTES];
  const { description, versions, device, group } = compiled;
  const most = new Map(
    Object.entries(looks).map(([name, { graph }]) => [
      name,
      Math.max(least, samplesAtOnce(graph, mostBytes ?? bytes)),
    ]),
  );
  const run = (name: string, feeds: Feeds) => compiled.run(name, feeds);
  return {
    description,
    versions,
    device,
    group,
    run: (name, feeds) =>
      name in looks
        ? runInChunks(looks[name], feeds, most.get(name)!, (part) => run(name, part))
        : run(name, feeds),
    readState: () => compiled.readState(),
    writeState: (state) => compiled.writeState(state),
    dispose: () => compiled.dispose(),
  };
}
