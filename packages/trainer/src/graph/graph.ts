import { TrainerError } from '../errors.js';
import { formatShape } from './shape.js';
import type { Constant, Input, Node, Value } from './value.js';

/** A computation with named inputs and outputs: what a target lowers and an engine runs. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly outputs: ReadonlyMap<string, Value>;
  /** Every operator that the outputs need, each after its inputs. */
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
}

/** The values that `outputs` depend on, each after what it depends on. */
export function ancestors(outputs: Iterable<Value>): Value[] {
  const seen = new Set<Value>();
  const order: Value[] = [];
  const stack: { value: Value; done: boolean }[] = [...outputs]
    .reverse()
    .map((value) => ({ value, done: false }));
  // An explicit stack: a deep network must not overflow the call stack.
  while (stack.length > 0) {
    const { value, done } = stack.pop()!;
    if (done) order.push(value);
    if (done || seen.has(value)) continue;
    seen.add(value);
    stack.push({ value, done: true });
    if (value.kind !== 'node') continue;
    for (const input of [...value.inputs].reverse())
      if (!seen.has(input)) stack.push({ value: input, done: false });
  }
  return order;
}

/**
 * The graph that computes `outputs`, found by walking back from them; what they do not need is not in it.
 *
 * @param inputs those that the graph must have even where nothing uses them, in their order
 * @throws TrainerError "bad-shape" when two different inputs share a name
 */
export function buildGraph(
  name: string,
  outputs: Record<string, Value>,
  inputs: readonly Input[] = [],
): Graph {
  const values = ancestors(Object.values(outputs));
  const allInputs = [...new Set([...inputs, ...values.filter((value) => value.kind === 'input')])];
  const byName = new Map<string, Input>();
  for (const value of allInputs) {
    if (byName.has(value.name))
      throw new TrainerError(
        'bad-shape',
        `graph "${name}": two inputs are named "${value.name}". Rename one.`,
      );
    byName.set(value.name, value);
  }
  return {
    name,
    inputs: allInputs,
    outputs: new Map(Object.entries(outputs)),
    nodes: values.filter((value) => value.kind === 'node'),
    constants: values.filter((value) => value.kind === 'constant'),
  };
}

const formatAttributes = (node: Node): string =>
  Object.entries(node.attributes)
    .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
    .join('');

/** The graph as readable text, one operator a line: for tests and for people. */
export function toText(graph: Graph): string {
  const names = new Map<Value, string>();
  for (const value of graph.inputs) names.set(value, value.name);
  const nameOf = (value: Value): string =>
    value.kind === 'constant' && value.data.length === 1 ? String(value.data[0]) : names.get(value)!;
  graph.constants.forEach((value, index) => {
    names.set(value, `const${index}${formatShape(value.shape)}`);
  });
  const lines = graph.inputs.map((value) => `${value.name}: ${value.role} ${formatShape(value.shape)}`);
  graph.nodes.forEach((node, index) => {
    names.set(node, `%${index}`);
    const operands = node.inputs.map(nameOf).join(', ');
    lines.push(
      `%${index} = ${node.op.name}(${operands})${formatAttributes(node)} ${formatShape(node.shape)}`,
    );
  });
  for (const [name, value] of graph.outputs) lines.push(`${name} <- ${nameOf(value)}`);
  return lines.join('\n');
}
