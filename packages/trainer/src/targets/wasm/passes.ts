import type { Graph } from '../../graph/graph.js';
import { isStatic, sameShape } from '../../graph/shape.js';
import type { Input, Node, Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import { rows } from './rows.js';

/** A result that replaces an array of the state. */
export interface Store {
  readonly target: Input;
  readonly value: Value;
}

/** Arrays that are computed from one another, all of one shape, with what is computed of them. */
export interface Component {
  readonly stores: Store[];
  /** ReduceSum of everything in an elementwise result. */
  readonly sums: Node[];
  readonly inputs: Set<Input>;
}

export interface Analysis {
  readonly components: readonly Component[];
  /** Numbers computed from numbers, each after its operands. */
  readonly scalars: readonly Node[];
  /**
   * When a value is known: 0 before the first pass over the arrays, 1 after it, … For a sum and for an array it is the
   * pass that computes it, counted from 0.
   */
  readonly levelOf: (value: Value) => number;
  /** Passes over the arrays. All stores are in the last one, so that every pass reads the old state. */
  readonly passes: number;
}

const isArray = (value: Value): boolean => value.shape.length > 0;
const isSum = (value: Value): boolean =>
  value.kind === 'node' && !isArray(value) && value.inputs.some(isArray);

/** Whether a value has one of the forms that can be compiled: elementwise over one shape, a whole sum, a number. */
function isCompilable(value: Value): boolean {
  if (value.kind === 'constant') return !isArray(value);
  if (value.kind === 'input') return isStatic(value.shape);
  if (!isArray(value)) return !isSum(value) || value.op.name === 'ReduceSum';
  const alike = value.inputs.every((input) => !isArray(input) || sameShape(input.shape, value.shape));
  return alike && (value.op.name as OpName) in rows;
}

function levels(nodes: readonly Node[]): Analysis['levelOf'] {
  const found = new Map<Value, number>();
  const levelOf = (value: Value): number => found.get(value) ?? 0;
  for (const node of nodes)
    found.set(node, Math.max(0, ...node.inputs.map((input) => levelOf(input) + (isSum(input) ? 1 : 0))));
  return levelOf;
}

/** The arrays that an elementwise result is computed from. */
function inputsOf(root: Value): Set<Input> {
  const found = new Set<Input>();
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (!isArray(value) || seen.has(value)) return;
    seen.add(value);
    if (value.kind === 'input') found.add(value);
    else if (value.kind === 'node') value.inputs.forEach(visit);
  };
  visit(root);
  return found;
}

/** Puts results that read or replace the same array together. */
function connect(stores: readonly Store[], sums: readonly Node[]): Component[] {
  const single: Component[] = [
    ...stores.map((store) => ({
      stores: [store],
      sums: [],
      inputs: new Set([store.target, ...inputsOf(store.value)]),
    })),
    ...sums.map((sum) => ({ stores: [], sums: [sum], inputs: inputsOf(sum.inputs[0]) })),
  ];
  const owner = new Map<Input, Component>();
  const components = new Set<Component>();
  for (const part of single) {
    components.add(part);
    for (const other of new Set([...part.inputs].flatMap((input) => owner.get(input) ?? []))) {
      part.stores.unshift(...other.stores);
      part.sums.unshift(...other.sums);
      for (const input of other.inputs) part.inputs.add(input);
      components.delete(other);
    }
    for (const input of part.inputs) owner.set(input, part);
  }
  return [...components];
}

/**
 * Sorts an update into passes over its arrays and numbers between them: `undefined` where it has a form or an operator
 * that this target does not compile.
 *
 * @param updates output by the state input that it replaces
 */
export function analyse(graph: Graph, updates: ReadonlyMap<string, string>): Analysis | undefined {
  const values: Value[] = [...graph.inputs, ...graph.constants, ...graph.nodes];
  if (!values.every(isCompilable)) return undefined;
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const stores: Store[] = [];
  const replacing = new Set<string>();
  for (const [state, output] of updates) {
    const [target, value] = [inputs.get(state), graph.outputs.get(output)];
    if (!target || !value || !sameShape(target.shape, value.shape)) return undefined;
    replacing.add(output);
    if (isArray(target)) stores.push({ target, value });
  }
  // Arrays that only look have no place to go to.
  if ([...graph.outputs].some(([name, value]) => isArray(value) && !replacing.has(name))) return undefined;
  const sums = graph.nodes.filter(isSum);
  const levelOf = levels(graph.nodes);
  const components = connect(stores, sums);
  const alike = ({ inputs: [first, ...others] }: Component) =>
    first !== undefined && others.every(({ shape }) => sameShape(shape, first.shape));
  if (!components.every(alike)) return undefined;
  return {
    components,
    scalars: graph.nodes.filter((node) => !isArray(node) && !isSum(node)),
    levelOf,
    passes: 1 + Math.max(0, ...[...stores.map(({ value }) => value), ...sums].map(levelOf)),
  };
}
