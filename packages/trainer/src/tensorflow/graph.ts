/** The part of TensorFlow's GraphDef that we write: nodes with one output each, weights as constants. */
export type TensorflowType = 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL';

export interface TensorflowTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A setting of a node, under the name that TensorFlow's AttrValue has for its kind. */
export type TensorflowAttribute =
  | { readonly type: TensorflowType }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly s: string }
  | { readonly list: readonly number[] }
  /** −1 is an extent that is open. */
  | { readonly shape: readonly number[] }
  | { readonly tensor: TensorflowTensor };

export interface TensorflowNode {
  readonly name: string;
  readonly op: string;
  /** Names of the nodes whose results it reads. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, TensorflowAttribute>>;
}

/** A float32 tensor that enters or leaves, through the node of its name; −1 is the batch. */
export interface TensorflowPort {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface TensorflowGraph {
  readonly inputs: readonly TensorflowPort[];
  readonly outputs: readonly TensorflowPort[];
  /** Each after those that it reads. */
  readonly nodes: readonly TensorflowNode[];
}

export const typeOf = ({ data }: TensorflowTensor): TensorflowType =>
  data instanceof Float32Array ? 'DT_FLOAT' : 'DT_INT32';

/** Version of the graph format: operators mean what they meant in TensorFlow 2.9, which every later one runs. */
export const PRODUCER = 1087;
