import type { Graph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import type { Value } from '../../graph/value.js';
import { batchOf, type Compiled, type Engine, type Feeds, type Program, type State } from '../engine.js';
import { requirePrecision } from '../precision.js';
import { type Array64, evaluateNode } from './kernels.js';

/**
 * Every output of a graph in float64, by plain loops: slow, short, and what the fast engines are compared with.
 *
 * @param feeds every input by name
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  batch: number,
): Record<string, Array64> {
  const results = new Map<Value, Array64>();
  for (const value of graph.constants)
    results.set(value, { data: Float64Array.from(value.data), shape: value.shape });
  for (const value of graph.inputs)
    results.set(value, {
      data: Float64Array.from(feeds[value.name]),
      shape: resolveShape(value.shape, batch),
    });
  for (const node of graph.nodes)
    results.set(
      node,
      evaluateNode(
        node,
        node.inputs.map((input) => results.get(input)!),
        batch,
      ),
    );
  return Object.fromEntries([...graph.outputs].map(([name, value]) => [name, results.get(value)!]));
}

class ReferencePrograms implements Compiled {
  readonly description = 'reference (float64 loops)';
  readonly versions = {};
  readonly device = 'cpu';
  private readonly state: Record<string, Array64>;

  constructor(
    private readonly programs: Readonly<Record<string, Program>>,
    state: State,
  ) {
    this.state = toFloat64(state);
  }

  async run(name: string, feeds: Feeds) {
    // The loops below never wait, so signals and timers get their turn here.
    await new Promise((resolve) => setImmediate(resolve));
    const program = this.programs[name];
    const held = Object.fromEntries(Object.entries(this.state).map(([key, { data }]) => [key, data]));
    const results = evaluate(program.graph, { ...held, ...feeds }, batchOf(program, feeds));
    for (const [input, output] of program.updates) {
      this.state[input] = results[output];
      delete results[output];
    }
    return Object.fromEntries(
      Object.entries(results).map(([key, { data }]) => [key, Float32Array.from(data)]),
    );
  }

  async readState(): Promise<State> {
    return Object.fromEntries(
      Object.entries(this.state).map(([key, { data, shape }]) => [
        key,
        { data: Float32Array.from(data), shape },
      ]),
    );
  }

  async writeState(state: State): Promise<void> {
    Object.assign(this.state, toFloat64(state));
  }

  async dispose(): Promise<void> {}
}

const toFloat64 = (state: State): Record<string, Array64> =>
  Object.fromEntries(
    Object.entries(state).map(([key, { data, shape }]) => [key, { data: Float64Array.from(data), shape }]),
  );

/** The judge: float64 loops in plain JavaScript. For tests and very small networks. */
export const referenceEngine: Engine = {
  name: 'reference',
  compile: async (programs, state) => {
    requirePrecision(programs, { engine: 'reference' });
    return new ReferencePrograms(programs, state);
  },
};
