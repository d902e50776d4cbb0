import { toHalves } from '@vae/sdk/runtime';
import { TrainerError } from '../errors.js';
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from './model.js';
import { namesFor } from './names.js';

/** From here on a number rounds to infinity: half a step above the largest half, 65504. */
const OVERFLOW = 65520;

function toHalf(tensor: OnnxTensor): OnnxTensor {
  if (tensor.type !== 'float32') return tensor;
  const large = tensor.data.find((value) => Number.isFinite(value) && Math.abs(value) >= OVERFLOW);
  if (large !== undefined)
    throw new TrainerError(
      'export-failed',
      `weights "${tensor.name}" hold ${large}, and the largest number of float16 is 65504. ` +
        'Nothing was exported; leave --dtype float16 out, or train with weight decay or smaller steps.',
    );
  return { name: tensor.name, dims: tensor.dims, type: 'float16', data: toHalves(tensor.data) };
}

/** Operators that only move numbers or map each by itself, and that come last in an encoder or decoder. */
const light: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Flatten', 'Slice', 'Split', 'Sigmoid']);

/** Nodes at the end after which nothing heavy comes: in float32 they cost little, and probabilities keep their digits. */
function ending(nodes: readonly OnnxNode[]): Set<OnnxNode> {
  const inside = new Set<OnnxNode>();
  const heavyInputs = new Set<string>();
  for (const node of [...nodes].reverse())
    if (light.has(node.op) && !node.outputs.some((name) => heavyInputs.has(name))) inside.add(node);
    else for (const name of node.inputs) heavyInputs.add(name);
  return inside;
}

/**
 * The mean and the variance of a normalisation: sums, what only they read, and what follows from them alone. A sum of thousands
 * of squares is soon more than 65504, and 1/thousands less than float16 has digits for. Beside a convolution they cost little.
 */
function statistics({ nodes, initializers, outputs }: OnnxModel): Set<OnnxNode> {
  const inside = new Set<OnnxNode>();
  const readElsewhere = new Set(outputs.map(({ name }) => name));
  for (const node of nodes.toReversed())
    if (node.op === 'ReduceSum' || !node.outputs.some((name) => readElsewhere.has(name))) inside.add(node);
    else for (const name of node.inputs) readElsewhere.add(name);
  const known = new Set(initializers.map(({ name }) => name));
  for (const node of nodes) {
    if (node.inputs.every((name) => known.has(name))) inside.add(node);
    if (inside.has(node)) for (const name of node.outputs) known.add(name);
  }
  return inside;
}

type Precision = 'float32' | 'float16';

/** Where each value of a graph is found in each precision; what is missing is cast when it is asked for. */
class Casts {
  readonly nodes: OnnxNode[] = [];
  private readonly names = new Map<string, { [P in Precision]?: string }>();

  constructor(readonly unique: (stem: string) => string) {}

  add(value: string, precision: Precision, name: string): void {
    this.names.set(value, { ...this.names.get(value), [precision]: name });
  }

  /** The name of a value in a precision; that of whole numbers as it is. */
  get(value: string, precision: Precision): string {
    const known = this.names.get(value);
    return known === undefined ? value : (known[precision] ?? this.cast(value, precision));
  }

  cast(value: string, to: Precision, output = this.unique('Cast')): string {
    const from = this.get(value, to === 'float16' ? 'float32' : 'float16');
    this.nodes.push({ op: 'Cast', inputs: [from], outputs: [output], attributes: { to: elementTypes[to] } });
    this.add(value, to, output);
    return output;
  }
}

/**
 * A model with float16 weights that computes in float16. Inputs and outputs stay float32: a Cast follows each input,
 * and another comes before the last reshapes, slices and sigmoids. So do means and variances.
 *
 * @param model a graph of float32 whose nodes are in order
 * @throws TrainerError "export-failed" naming the tensor that holds a finite number of 65520 or more
 * @example writeOnnx(toFloat16(lower(graph, exportTarget, { weights })))
 */
export function toFloat16(model: OnnxModel): OnnxModel {
  const { nodes, initializers } = model;
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const exact = statistics(model);
  const readExactly = new Set([...exact].flatMap(({ inputs }) => inputs));
  const halves = initializers.map((tensor) => (readExactly.has(tensor.name) ? tensor : toHalf(tensor)));
  const casts = new Casts(namesFor(model));
  for (const { name } of model.inputs) casts.add(name, 'float32', name);
  for (const { name, type } of halves) if (type !== 'int64' && type !== 'int8') casts.add(name, type, name);

  const last = ending(nodes);
  for (const node of nodes) {
    const precision = last.has(node) || exact.has(node) ? 'float32' : 'float16';
    // The graph's own outputs keep their names for the float32 numbers.
    const isPromised = (name: string): boolean => precision === 'float16' && outputs.has(name);
    const read = node.inputs.map((name) => casts.get(name, precision));
    const written = node.outputs.map((name) => (isPromised(name) ? casts.unique(`${name}_float16`) : name));
    casts.nodes.push({ ...node, inputs: read, outputs: written });
    node.outputs.forEach((name, i) => void casts.add(name, precision, written[i]));
    for (const name of node.outputs.filter(isPromised)) casts.cast(name, 'float32', name);
  }
  return { ...model, nodes: casts.nodes, initializers: halves };
}
