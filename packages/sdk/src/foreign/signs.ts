import type { ModelScan, NodeScan } from '../onnx/scan.js';

/** What the operators on the way to an output say of its numbers. */
export interface Signs {
  /** They are of either sign, as a log-variance is; a standard deviation or a variance is not. */
  readonly either: ReadonlySet<string>;
  /** They are put together, of either sign at the front but not at the end: means and deviations side by side. */
  readonly uneven: ReadonlySet<string>;
  /** They come out of a tanh, so that they are from -1 to 1. */
  readonly tanh: ReadonlySet<string>;
}

/**
 * Operators whose results are of either sign whatever they read: products with weights, what is centred, and pieces of
 * something larger, of which another piece is the mean.
 */
const free: ReadonlySet<string> = new Set([
  ...['Gemm', 'MatMul', 'Conv', 'ConvTranspose', 'Einsum', 'FusedMatMul', 'LSTM', 'GRU', 'RNN', 'Tanh'],
  ...['MatMulInteger', 'MatMulIntegerToFloat', 'ConvInteger', 'QLinearMatMul', 'QLinearConv'],
  ...['BatchNormalization', 'LayerNormalization', 'InstanceNormalization', 'GroupNormalization'],
  ...['Split', 'Slice', 'Gather'],
]);

/** Those that give the numbers of their first input in another order or type. */
const moving: ReadonlySet<string> = new Set([
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Expand', 'Identity', 'Cast', 'Dropout'],
  ...['QuantizeLinear', 'DequantizeLinear'],
]);

/** Those that keep the sign of their first input, or limit it on one side or the other. */
const keeping: ReadonlySet<string> = new Set([
  ...moving,
  ...['Clip', 'Neg', 'LeakyRelu', 'PRelu', 'ReduceMean', 'ReduceSum', 'GlobalAveragePool', 'AveragePool'],
]);

const sums: ReadonlySet<string> = new Set(['Add', 'Sub', 'Sum', 'Max', 'Min', 'Concat']);

/** What a graph's values are by ONNX's own operators; what is the same for every input counts for nothing. */
export function signsOf({ inputs, nodes }: ModelScan): Signs {
  const known = nodes.filter(({ domain }) => domain === '' || domain === 'com.microsoft');
  const given = new Set(inputs.map(({ name }) => name));
  const fed = valuesWhere(nodes, (node, has) => node.inputs.some((name) => given.has(name) || has(name)));
  const fedOf = (inputs: readonly string[]) => inputs.filter((name) => fed.has(name));
  const either = valuesWhere(known, ({ op, inputs }, has) => {
    const read = fedOf(inputs);
    if (sums.has(op)) return read.length > 0 && read.every(has);
    // A product of a number with itself is no longer negative.
    if (op === 'Mul' || op === 'Div') return read.some(has) && new Set(read).size === read.length;
    return free.has(op) || (keeping.has(op) && has(inputs[0]!));
  });
  return {
    either,
    uneven: valuesWhere(known, ({ op, inputs }, has) => {
      if (op !== 'Concat') return moving.has(op) && has(inputs[0]!);
      const read = fedOf(inputs);
      return read.length > 1 && either.has(read[0]!) && !either.has(read.at(-1)!);
    }),
    tanh: valuesWhere(known, ({ op, inputs }, has) => op === 'Tanh' || (moving.has(op) && has(inputs[0]!))),
  };
}

/** Values of which something holds by their operator and what it reads. ONNX wants nodes in the order they run in. */
function valuesWhere(
  nodes: readonly NodeScan[],
  holds: (node: NodeScan, has: (value: string) => boolean) => boolean,
): ReadonlySet<string> {
  const values = new Set<string>();
  for (const node of nodes) {
    if (!holds(node, (value) => values.has(value))) continue;
    // An output that is left out has an empty name, and so has an input.
    for (const name of node.outputs) if (name !== '') values.add(name);
  }
  return values;
}
