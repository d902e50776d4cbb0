/** The part of the ONNX format that we write: one graph of standard operators on dense tensors. */
export type OnnxData =
  | { readonly type: 'float32'; readonly data: Float32Array }
  /** As the 16 bits of each number. */
  | { readonly type: 'float16'; readonly data: Uint16Array }
  | { readonly type: 'int8'; readonly data: Int8Array }
  | { readonly type: 'int64'; readonly data: readonly number[] | Int32Array };

/** Element type numbers of onnx.proto, by our names for them. */
export const elementTypes = { float32: 1, int8: 3, int64: 7, float16: 10 } as const satisfies Record<
  OnnxData['type'],
  number
>;

export type OnnxTensor = OnnxData & { readonly name: string; readonly dims: readonly number[] };

/** A tensor that enters or leaves; an extent is a number or a name such as `N`. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  /** Of its elements; `float32` by default. */
  readonly type?: OnnxData['type'];
  readonly doc?: string;
  /** A list of such tensors in place of one. */
  readonly sequence?: boolean;
}

/** Numbers ending in `.0` do not exist in JavaScript, so floating-point settings are marked. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  /** The body of an operator that runs a graph, such as Scan. */
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

export interface OnnxModel extends OnnxGraph {
  readonly doc: string;
}

/** Standard operators as of ONNX 1.12, which every ONNX Runtime of the last years runs. */
export const OPSET = 17;
/** The file format version that belongs to that operator set. */
export const IR_VERSION = 8;
