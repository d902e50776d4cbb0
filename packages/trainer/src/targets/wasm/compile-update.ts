import type { Graph } from '../../graph/graph.js';
import { elementCount } from '../../graph/shape.js';
import type { Input, Value } from '../../graph/value.js';
import { type Kernel, writeKernel } from './kernel.js';
import { type Code, type WasmFunction, writeModule } from './module.js';
import { type Analysis, analyse, type Component } from './passes.js';
import type { Call, Place, UpdatePlan } from './update-plan.js';

export interface CompileOptions {
  /** Output by the state input that it replaces. */
  readonly updates: ReadonlyMap<string, string>;
  /** In how many parts the gradients come; they are added in their order. */
  readonly parts: number;
  /** Whether several threads see the memory. */
  readonly shared: boolean;
}

const CACHE_LINE = 64;
const padded = (floats: number): number => Math.ceil((4 * floats) / CACHE_LINE) * CACHE_LINE;
const isArray = ({ shape }: Value): boolean => shape.length > 0;
const isGradient = ({ role }: Input): boolean => role === 'gradient';

/** Lays the arrays out one after another; a frame of all gradients is there once for each part. */
function layOut(graph: Graph, parts: number) {
  const places = new Map<string, Place>();
  let bytes = 0;
  const place = (input: Input): void => {
    const length = elementCount(input.shape).count;
    places.set(input.name, { offset: bytes, length });
    bytes += padded(length);
  };
  for (const input of graph.inputs.filter(isGradient)) place(input);
  const stride = bytes;
  bytes *= parts;
  for (const input of graph.inputs.filter((input) => isArray(input) && !isGradient(input))) place(input);
  return { places, stride, bytes };
}

/** Numbers every value of shape [] of a graph. */
function numberScalars(graph: Graph): Map<Value, number> {
  const values: Value[] = [...graph.constants, ...graph.inputs, ...graph.nodes];
  return new Map(values.filter((value) => !isArray(value)).map((value, index) => [value, index]));
}

/** Functions by their bytes: parameters of one kind share one. */
class Functions {
  readonly all: WasmFunction[] = [];
  private readonly byCode = new Map<string, string>();

  add({ function: written }: Kernel): string {
    const key = `${written.parameters}:${(written.code as Code).join()}`;
    const known = this.byCode.get(key);
    if (known) return known;
    const exported = String(this.all.push(written) - 1);
    this.byCode.set(key, exported);
    return exported;
  }
}

type Compiler = Pick<UpdatePlan, 'places' | 'stride' | 'parts'> & {
  readonly analysis: Analysis;
  readonly numbers: ReadonlyMap<Value, number>;
  readonly functions: Functions;
};

/** What one component computes in each pass. */
function* callsOf(component: Component, compiler: Compiler): Generator<{ pass: number; call: Call }> {
  const { analysis, places, stride, parts, numbers, functions } = compiler;
  const { levelOf, passes } = analysis;
  const inParts = new Set([...component.inputs].filter(isGradient));
  for (let pass = 0; pass < passes; pass++) {
    const sums = component.sums.filter((sum) => levelOf(sum) === pass);
    const last = pass === passes - 1;
    const stores = last ? component.stores : [];
    if (sums.length + stores.length === 0) continue;
    const kernel = writeKernel({
      stores,
      sums: sums.map(({ inputs: [value] }) => value),
      parts: { of: inParts, count: parts, stride },
      keepsTotals: !last,
    });
    for (const input of kernel.arrays) inParts.delete(input);
    const placesOf = kernel.arrays.map(({ name }) => places.get(name)!);
    const call: Call = {
      kernel: functions.add(kernel),
      length: placesOf[0].length,
      arrays: placesOf.map(({ offset }) => offset),
      scalars: kernel.scalars.map((value) => numbers.get(value)!),
      sums: sums.map((sum) => numbers.get(sum)!),
    };
    yield { pass, call };
  }
}

function compileLevels(compiler: Compiler): UpdatePlan['levels'] {
  const { analysis, numbers } = compiler;
  const calls = analysis.components.flatMap((component) => [...callsOf(component, compiler)]);
  return Array.from({ length: analysis.passes + 1 }, (_, level) => ({
    scalars: analysis.scalars
      .filter((node) => analysis.levelOf(node) === level)
      .map((node) => ({
        op: node.op.name,
        attributes: node.attributes,
        inputs: node.inputs.map((input) => numbers.get(input)!),
        result: numbers.get(node)!,
      })),
    calls: calls.filter(({ pass }) => pass === level).map(({ call }) => call),
  }));
}

/** The gradient that the other arrays of its component belong to, element by element. */
function followers({ components }: Analysis): Map<string, string> {
  return new Map(
    components.flatMap(({ inputs }) => {
      const gradient = [...inputs].find(isGradient);
      const states = [...inputs].filter(({ role }) => role === 'state');
      return gradient ? states.map(({ name }) => [name, gradient.name] as const) : [];
    }),
  );
}

/**
 * Compiles an update to WebAssembly: every parameter with its moments and its gradient is read and written once, four
 * numbers at a time; numbers that belong to no array are left to the host.
 *
 * @param graph elementwise over arrays of one shape, numbers, and sums of whole arrays; gradients are inputs of the
 * role "gradient", and every output replaces a state input or is a number
 * @returns undefined where the graph has another form or an operator without a row in `rows.ts`
 * @example const plan = compileUpdate(parts.update, { updates, parts: 4, shared: true })
 */
export function compileUpdate(
  graph: Graph,
  { updates, parts, shared }: CompileOptions,
): UpdatePlan | undefined {
  const analysis = analyse(graph, updates);
  if (!analysis) return undefined;
  const layout = layOut(graph, parts);
  const numbers = numberScalars(graph);
  const functions = new Functions();
  const numbered = (inputs: readonly Input[]) =>
    inputs.map((value) => [numbers.get(value)!, value.name] as const);
  const levels = compileLevels({ ...layout, parts, analysis, numbers, functions });
  return {
    ...layout,
    module: writeModule(functions.all, { shared }),
    shared,
    parts,
    levels,
    constants: graph.constants.map((value) => [numbers.get(value)!, value.data[0]]),
    scalarGradients: numbered(graph.inputs.filter((value) => !isArray(value) && isGradient(value))),
    scalarInputs: numbered(graph.inputs.filter((value) => !isArray(value) && !isGradient(value))),
    scalarOutputs: [...graph.outputs].flatMap(([name, value]) =>
      isArray(value) ? [] : [[numbers.get(value)!, name] as const],
    ),
    follows: followers(analysis),
  };
}
