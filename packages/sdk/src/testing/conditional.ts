import type { Constant, Node, Value } from './onnx.js';
import { onnxModel } from './onnx.js';

/** A linear conditional VAE on four numbers with two latents and three classes, in quarters, so that all is exact. Not published. */

export const classes = ['cat', 'dog', 'owl'];

/** What a class adds to mean and logvar, and to the latents before these are decoded. */
const shifts = {
  encoder: [
    [1, -1, 0.5, 0.25],
    [2, 0, -0.5, 0],
    [-3, 4, 0, -0.25],
  ],
  decoder: [
    [0.5, 0],
    [-1, 0.25],
    [0, 2],
  ],
};
const weights = {
  encoder: [
    [1, 0, 0.25, 0],
    [0, 1, 0, 0.25],
    [0.5, 0.5, 0, 0],
    [-1, 0.25, 0.5, -0.5],
  ],
  decoder: [
    [1, 0, 0.5, -1],
    [0, 1, 0.5, 2],
  ],
};

/** What a class, or a mixture of them, adds. */
const shiftOf = (half: 'encoder' | 'decoder', mixture: readonly number[]): number[] =>
  shifts[half][0]!.map((_, j) => mixture.reduce((sum, share, k) => sum + share * shifts[half][k]![j]!, 0));

const times = (x: readonly number[], matrix: readonly (readonly number[])[]): number[] =>
  matrix[0]!.map((_, j) => x.reduce((sum, value, i) => sum + value * matrix[i]![j]!, 0));

export const oneHot = (label: number): number[] => classes.map((_, k) => (k === label ? 1 : 0));

/** [mean 0, mean 1, logvar 0, logvar 1]. */
export const encodeByHand = (x: readonly number[], mixture: readonly number[]): number[] => {
  const shift = shiftOf('encoder', mixture);
  return times(x, weights.encoder).map((value, j) => value + shift[j]!);
};

export const decodeByHand = (z: readonly number[], mixture: readonly number[]): number[] => {
  const shift = shiftOf('decoder', mixture);
  return times(
    z.map((value, j) => value + shift[j]!),
    weights.decoder,
  );
};

/** How a graph takes labels: numbers of classes [N] or [N, 1], or one number for each class. */
export type Taking =
  | 'int64 [N]'
  | 'int32 [N]'
  | 'int64 [N, 1]'
  | 'int64 [N, 3]'
  | 'float32 [N, 1]'
  | 'float32 [N, 3]'
  | 'float16 [N, 3]';

const elementTypes = { float32: 1, int32: 6, int64: 7, float16: 10 };

interface Style {
  readonly takes?: Taking;
  readonly label?: string;
  /** First size of all inputs and outputs. */
  readonly batch?: number | string;
}

const matrix = (name: string, rows: readonly (readonly number[])[]): Constant => ({
  name,
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

/** The input for labels, and the nodes that make 'shift' of it. */
function labelled({ takes = 'int64 [N]', label = 'label', batch = 'N' }: Style): {
  input: Value;
  nodes: Node[];
} {
  const [type, sizes] = [
    takes.slice(0, takes.indexOf(' ')) as keyof typeof elementTypes,
    takes.match(/\d+\]/),
  ];
  const width = sizes ? [Number.parseInt(sizes[0], 10)] : [];
  const input = { name: label, shape: [batch, ...width], type: elementTypes[type] };
  if (width[0] === 3) {
    const nodes = [
      { op: 'Cast', inputs: [label], outputs: ['mixture'], integers: { to: 1 } },
      { op: 'MatMul', inputs: ['mixture', 'shifts'], outputs: ['shift'] },
    ];
    return { input, nodes };
  }
  const nodes: Node[] = [
    { op: 'Reshape', inputs: [label, 'row'], outputs: ['flat'] },
    { op: 'Cast', inputs: ['flat'], outputs: ['indices'], integers: { to: 7 } },
    { op: 'Gather', inputs: ['shifts', 'indices'], outputs: ['shift'], integers: { axis: 0 } },
  ];
  return { input, nodes };
}

const row: Constant = { name: 'row', shape: [1], data: BigInt64Array.of(-1n) };

/** x [N, 4] and a label to mean and logvar [N, 2]. */
export function conditionalEncoder(style: Style = {}): Uint8Array {
  const { batch = 'N' } = style;
  const { input, nodes } = labelled(style);
  return onnxModel({
    inputs: [{ name: 'x', shape: [batch, 4] }, input],
    outputs: ['mean', 'logvar'].map((name) => ({ name, shape: [batch, 2] })),
    constants: [matrix('w', weights.encoder), matrix('shifts', shifts.encoder), row],
    nodes: [
      ...nodes,
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['before'] },
      { op: 'Add', inputs: ['before', 'shift'], outputs: ['both'] },
      { op: 'Split', inputs: ['both'], outputs: ['mean', 'logvar'], integers: { axis: 1 } },
    ],
  });
}

/** z [N, 2] and a label to x [N, 4]. */
export function conditionalDecoder(style: Style = {}): Uint8Array {
  const { batch = 'N' } = style;
  const { input, nodes } = labelled(style);
  return onnxModel({
    // The label first, so that nothing goes by the order.
    inputs: [input, { name: 'z', shape: [batch, 2] }],
    outputs: [{ name: 'x', shape: [batch, 4] }],
    constants: [matrix('w', weights.decoder), matrix('shifts', shifts.decoder), row],
    nodes: [
      ...nodes,
      { op: 'Add', inputs: ['z', 'shift'], outputs: ['moved'] },
      { op: 'MatMul', inputs: ['moved', 'w'], outputs: ['x'] },
    ],
  });
}

/** x [N, 4] to the mean and logvar of a class whose shift is 0, without a label. */
export const plainEncoder = (): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'x', shape: ['N', 4] }],
    outputs: ['mean', 'logvar'].map((name) => ({ name, shape: ['N', 2] })),
    constants: [matrix('w', weights.encoder)],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['both'] },
      { op: 'Split', inputs: ['both'], outputs: ['mean', 'logvar'], integers: { axis: 1 } },
    ],
  });

/** z [N, 2] to what a class decodes to whose shift is 0, without a label. */
export const plainDecoder = (): Uint8Array =>
  onnxModel({
    inputs: [{ name: 'z', shape: ['N', 2] }],
    outputs: [{ name: 'x', shape: ['N', 4] }],
    constants: [matrix('w', weights.decoder)],
    nodes: [{ op: 'MatMul', inputs: ['z', 'w'], outputs: ['x'] }],
  });

/** What a manifest says of these. */
export const conditionalFields = {
  name: 'pets',
  data: { kind: 'vector', shape: [4] },
  likelihood: { kind: 'gaussian', output: 'x', variance: 1 },
  labels: { classes, conditional: true },
};
