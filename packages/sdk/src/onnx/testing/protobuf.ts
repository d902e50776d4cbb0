/** Writes protobuf messages byte by byte, right or wrong, for tests. Not published. */

export type Bytes = readonly number[];

/** A number below 2^53, or a negative one above -2^31, which takes ten bytes. */
export function varint(value: number): Bytes {
  if (value < 0) {
    const low = Array.from({ length: 9 }, (_, i) => Number((BigInt(value) >> BigInt(7 * i)) & 127n) + 128);
    return [...low, 1];
  }
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

export const integer = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];

export function message(field: number, ...parts: readonly Bytes[]): Bytes {
  const content = parts.flat();
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
}

export const text = (field: number, value: string): Bytes =>
  message(field, [...new TextEncoder().encode(value)]);

/** A NodeProto's content. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { domain = '', attributes = [] as readonly Bytes[] } = {},
): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...(domain ? text(7, domain) : []),
    ...attributes.flatMap((attribute) => message(5, attribute)),
  ];
}

/** A ValueInfoProto's content; without dims its rank is unknown. */
export function value(name: string, dims?: readonly (number | string)[], type = 1): Bytes {
  const sizes = dims?.map((size) => message(1, typeof size === 'number' ? integer(1, size) : text(2, size)));
  const tensor = message(1, integer(1, type), sizes ? message(2, ...sizes) : []);
  return [...text(1, name), ...message(2, tensor)];
}

/** A TensorProto's content whose numbers are in another file. */
export function externalTensor(name: string, entries: Readonly<Record<string, string>>): Bytes {
  const pairs = Object.entries(entries).map(([key, value]) => message(13, text(1, key), text(2, value)));
  return [...integer(1, 4), ...integer(2, 1), ...text(8, name), ...pairs.flat(), ...integer(14, 1)];
}

export interface GraphContent {
  readonly nodes?: readonly Bytes[];
  readonly initializers?: readonly Bytes[];
  readonly inputs?: readonly Bytes[];
  readonly outputs?: readonly Bytes[];
}

/** A GraphProto's content. */
export function graph({ nodes = [], initializers = [], inputs = [], outputs = [] }: GraphContent): Bytes {
  return [
    ...nodes.flatMap((content) => message(1, content)),
    ...initializers.flatMap((content) => message(5, content)),
    ...inputs.flatMap((content) => message(11, content)),
    ...outputs.flatMap((content) => message(12, content)),
  ];
}

/** A FunctionProto's content. */
export const localFunction = (domain: string, name: string, nodes: readonly Bytes[]): Bytes => [
  ...text(1, name),
  ...nodes.flatMap((content) => message(7, content)),
  ...text(10, domain),
];

/** A ModelProto: IR version 8, opset 17. */
export function model(content: Bytes, ...more: readonly Bytes[]): Uint8Array {
  return Uint8Array.from([
    ...integer(1, 8),
    ...message(7, content),
    ...message(8, integer(2, 17)),
    ...more.flat(),
  ]);
}
