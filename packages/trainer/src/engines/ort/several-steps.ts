import type { OnnxModel, OnnxNode, OnnxValueInfo } from '../../onnx/model.js';
import { inPrecision } from '../../targets/float16.js';
import { lower, type Target } from '../../targets/lower.js';
import type { Feeds, Program, Results, State } from '../engine.js';
import type { OrtProgram } from './ort-programs.js';
import { ofModel } from './to-program.js';

/** Names inside the body: a graph inside a graph must not use a name of the outer one again. */
const inside = (name: string): string => `step/${name}`;
/** The number of steps is left open, so that the last group may be a short one. */
const stacked = ({ name, dims }: OnnxValueInfo): OnnxValueInfo => ({ name, dims: ['K', ...dims] });

/**
 * Wraps the graph of one step into one Scan node, which repeats it for every row of the feeds:
 *
 *     state₀, feeds [K, …]  →  state_K, terms [K, …]
 *
 * The state passes from step to step inside the node, so it crosses between host and device once for K steps.
 *
 * @param updates state input and the output that replaces it
 * @param state only its shapes are used
 */
export function scanSteps(
  model: OnnxModel,
  updates: ReadonlyMap<string, string>,
  state: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): OnnxModel {
  const carried = [...updates].map(([name, output]) => ({ name, output, dims: state[name].shape }));
  const replaced = new Set(updates.values());
  const scanned = model.inputs.filter(({ name }) => !(name in state));
  // What is read and never changes is seen from inside under its outer name.
  const constant = model.inputs.filter(({ name }) => name in state && !updates.has(name));
  const terms = model.outputs.filter(({ name }) => !replaced.has(name));
  const own = new Set([...carried, ...scanned, ...model.outputs].map(({ name }) => name));
  const rename = (name: string): string => (own.has(name) ? inside(name) : name);
  const renamed = ({ name, dims }: OnnxValueInfo): OnnxValueInfo => ({ name: rename(name), dims });
  const results = [...carried.map(({ output, dims }) => ({ name: output, dims })), ...terms];
  const node: OnnxNode = {
    op: 'Scan',
    inputs: [...carried, ...scanned].map(({ name }) => name),
    outputs: results.map(({ name }) => name),
    attributes: {
      num_scan_inputs: scanned.length,
      body: {
        graph: {
          name: 'step',
          inputs: [...carried, ...scanned].map(renamed),
          outputs: results.map(renamed),
          nodes: model.nodes.map((each) => ({
            ...each,
            inputs: each.inputs.map(rename),
            outputs: each.outputs.map(rename),
          })),
          initializers: model.initializers,
        },
      },
    },
  };
  const plain = ({ name, dims }: OnnxValueInfo): OnnxValueInfo => ({ name, dims });
  return {
    name: `${model.name}-steps`,
    doc: model.doc,
    inputs: [...[...carried, ...constant].map(plain), ...scanned.map(stacked)],
    outputs: [...results.slice(0, carried.length).map(plain), ...terms.map(stacked)],
    nodes: [node],
    initializers: [],
  };
}

/** Lowers a program that updates the state for as many steps in one run as it is fed. */
export function toScannedProgram(program: Program, state: State, target: Target): OrtProgram {
  const step = lower(program.graph, inPrecision(target, program), { batch: program.batch });
  return ofModel(scanSteps(step, program.updates, state), program, state);
}

/** The feeds of several steps as rows of one array for each input. */
export function stackFeeds(steps: readonly Feeds[]): Feeds {
  const rows = Object.entries(steps[0]).map(([name, { length }]) => {
    const all = new Float32Array(steps.length * length);
    steps.forEach((feeds, i) => void all.set(feeds[name], i * length));
    return [name, all];
  });
  return Object.fromEntries(rows);
}

/** The results of each step out of arrays with a row for each. */
export function splitResults(results: Results, steps: number): Results[] {
  return Array.from({ length: steps }, (_, i) => {
    const row = (all: Float32Array) => all.slice((i * all.length) / steps, ((i + 1) * all.length) / steps);
    return Object.fromEntries(Object.entries(results).map(([name, all]) => [name, row(all)]));
  });
}

/** State that one step may answer for: a quarter of a megabyte crosses PCIe in a small part of a step's time. */
const STATE_BYTES_PER_STEP = 2 ** 18;
const [FEWEST, MOST] = [8, 128];
/** Feeds of one run, in the host's memory and in the device's. */
const MAX_FEED_BYTES = 2 ** 26;

/**
 * Steps in one run: so many that the state, which crosses twice, is at most 256 KiB for each of them; 8 to 128, and no
 * more than have feeds of 64 MiB together.
 *
 * @param sizes bytes of the whole state, and of what one step is fed
 */
export function stepsPerRun({ stateBytes, feedBytes }: { stateBytes: number; feedBytes: number }): number {
  const wanted = Math.ceil((2 * stateBytes) / STATE_BYTES_PER_STEP);
  const most = Math.floor(MAX_FEED_BYTES / feedBytes);
  return Math.max(1, Math.min(Math.max(wanted, FEWEST), MOST, most));
}
