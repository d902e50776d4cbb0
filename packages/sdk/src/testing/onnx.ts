/** Writes tiny ONNX models byte by byte, enough for tests whose results are computed by hand. Not published. */

type Bytes = readonly number[];

const utf8 = (text: string): Bytes => [...new TextEncoder().encode(text)];

function varint(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** Minus one, the only negative number needed, is ten bytes long. */
const signed = (value: number): Bytes => (value < 0 ? [...new Array(9).fill(255), 1] : varint(value));
const integer = (field: number, value: number): Bytes => [...varint(field * 8), ...signed(value)];
const message = (field: number, bytes: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const text = (field: number, value: string): Bytes => message(field, utf8(value));

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers?: Readonly<Record<string, number>>;
}

export interface Value {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** ONNX element type: 1 float32 (default), 7 int64, 11 float64. */
  readonly type?: number;
}

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
  /** Name of the file that the numbers are said to be in. */
  readonly external?: string;
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
}

/** The bytes of an ONNX model, opset 17. Field numbers are those of onnx.proto. */
export function onnxModel({ inputs, outputs, constants, nodes }: Graph): Uint8Array {
  const graph = [
    ...nodes.flatMap((node) => message(1, nodeBytes(node))),
    ...text(2, 'test'),
    ...constants.flatMap((constant) => message(5, constantBytes(constant))),
    ...inputs.flatMap((value) => message(11, valueBytes(value))),
    ...outputs.flatMap((value) => message(12, valueBytes(value))),
  ];
  return Uint8Array.from([...integer(1, 8), ...message(7, graph), ...message(8, integer(2, 17))]);
}

function nodeBytes({ op, inputs, outputs, integers = {} }: Node): Bytes {
  const attributes = Object.entries(integers).flatMap(([name, value]) => {
    return message(5, [...text(1, name), ...integer(3, value), ...integer(20, 2)]);
  });
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...attributes,
  ];
}

function constantBytes({ name, shape, data, external }: Constant): Bytes {
  const type = data instanceof Float32Array ? 1 : 7;
  const raw = [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  return [
    ...shape.flatMap((size) => integer(1, size)),
    ...integer(2, type),
    ...text(8, name),
    ...(external
      ? [...message(13, [...text(1, 'location'), ...text(2, external)]), ...integer(14, 1)]
      : message(9, raw)),
  ];
}

function valueBytes({ name, shape, type = 1 }: Value): Bytes {
  const sizes = shape.flatMap((size) => {
    return message(1, typeof size === 'number' ? integer(1, size) : text(2, size));
  });
  return [...text(1, name), ...message(2, message(1, [...integer(1, type), ...message(2, sizes)]))];
}
