import { VaeError } from '../errors.js';
import type { FunctionScan, ModelScan, NodeScan, Operator } from './scan.js';

const randomOperators: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
]);

/** Functions that call functions; what people export has two or three levels. */
const maximumDepth = 100;

/** What a graph's outputs come from. */
export interface Upstream {
  /** True when a random number is drawn on the way to this value. */
  isRandom(value: string): boolean;
}

/**
 * @param where begins the errors' text
 * @throws VaeError "bad-model" for functions that call themselves
 */
export function upstreamOf({ nodes, functions }: ModelScan, where: string): Upstream {
  const draws = randomness(functions, where);
  const random = downstream(
    nodes,
    ({ domain, op, within }) => draws({ domain, op }) || within.some((operator) => draws(operator)),
  );
  return { isRandom: (value) => random.has(value) };
}

/** Values that depend on certain nodes. */
function downstream(nodes: readonly NodeScan[], from: (node: NodeScan) => boolean): ReadonlySet<string> {
  const readers = new Map<string, NodeScan[]>();
  for (const node of nodes) {
    for (const name of node.inputs) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  }
  const values = new Set<string>();
  const open = nodes.filter(from);
  for (let node = open.pop(); node; node = open.pop()) {
    for (const name of node.outputs) {
      // An output that is left out has an empty name, and so has an input.
      if (name === '' || values.has(name)) continue;
      values.add(name);
      for (const reader of readers.get(name) ?? []) open.push(reader);
    }
  }
  return values;
}

/** Whether an operator draws random numbers, itself or in a function that it stands for. */
function randomness(functions: readonly FunctionScan[], where: string): (operator: Operator) => boolean {
  const bodies = new Map(functions.map((body) => [keyOf(body), body]));
  const known = new Map<string, boolean>();
  const visit = (operator: Operator, path: ReadonlySet<string>): boolean => {
    const key = keyOf(operator);
    const body = bodies.get(key);
    if (!body) return operator.domain === '' && randomOperators.has(operator.op);
    const before = known.get(key);
    if (before !== undefined) return before;
    if (path.has(key) || path.size >= maximumDepth) {
      const what = path.has(key) ? 'calls itself' : `is called through more than ${maximumDepth} others`;
      throw new VaeError(
        'bad-model',
        `${where}: the model's function ${JSON.stringify(operator.op)} ${what}.`,
      );
    }
    const inner = new Set([...path, key]);
    // All of them, not only up to the first random one, so that no circle stays unseen.
    const random = body.within.map((called) => visit(called, inner)).includes(true);
    known.set(key, random);
    return random;
  };
  for (const body of functions) visit(body, new Set());
  return (operator) => visit(operator, new Set());
}

/** Names a function: a domain holds no blank. */
export function keyOf({ domain, op }: Operator): string {
  return `${domain} ${op}`;
}
