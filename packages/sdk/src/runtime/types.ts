/**
 * The part of ONNX Runtime's JavaScript interface that is used here. `onnxruntime-node`, `onnxruntime-web` and
 * `onnxruntime-common` (1.20 and later) fit it, so none of them is named in a public type.
 */
export interface OrtModule {
  readonly InferenceSession: OrtSessionFactory;
  readonly Tensor: OrtTensorConstructor;
  // biome-ignore lint/suspicious/noExplicitAny: the environment differs from runtime to runtime
  readonly env: any;
}

export interface OrtSessionFactory {
  // biome-ignore lint/suspicious/noExplicitAny: options differ from version to version
  create(model: Uint8Array, options?: any): Promise<OrtSession>;
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly OrtValueInfo[];
  readonly outputMetadata: readonly OrtValueInfo[];
  // biome-ignore-start lint/suspicious/noExplicitAny: ONNX Runtime's own value types do not fit a narrower one
  run(feeds: Record<string, any>, options?: any): Promise<Record<string, any>>;
  run(feeds: Record<string, any>, fetches: any, options?: any): Promise<Record<string, any>>;
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
  release(): Promise<void>;
}

export interface OrtValueInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  dispose?(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: ONNX Runtime overloads this per element type
export type OrtTensorConstructor = new (type: any, data: any, dims?: readonly number[]) => OrtTensor;

/** Typed arrays that a session takes and gives. */
export type SessionArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface TensorLike {
  readonly data: SessionArray;
  readonly shape: readonly number[];
}

/** One input or output of a graph. A named size is text; an unknown one is empty text. */
export interface TensorInfo {
  readonly name: string;
  /** ONNX Runtime's name of the element type, such as 'float32' or 'int64'. */
  readonly dtype: string;
  readonly dims: readonly (number | string)[];
}

/** A loaded graph. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** How many runs are worth having under way at once; more of them wait. */
  readonly lanes: number;
  /**
   * Runs the graph. Outputs belong to the caller.
   *
   * @param feeds one array per input
   * @param fetches names of the outputs wanted; all when left out
   * @throws VaeError "runtime-failed" with ONNX Runtime's own error as the cause
   */
  run(
    feeds: Readonly<Record<string, TensorLike>>,
    fetches?: readonly string[],
  ): Promise<Record<string, TensorLike>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /**
   * Threads of one operator. When left out: all of up to two logical processors, half of more (they tend to be two
   * per core), at most 4. The wasm runtime has one.
   */
  readonly threads?: number;
}

/** Where models can be asked to run; see `RuntimeOptions`. */
export type Device = 'auto' | 'cpu' | 'wasm';

export type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web' | 'injected';

/** ONNX Runtime on one device. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  /** 'cpu' or 'wasm'. */
  readonly device: string;
  /** The module itself, for callers that make sessions of their own. */
  readonly ort: OrtModule;
  /**
   * @param bytes an ONNX model without external data
   * @throws VaeError "bad-model" when ONNX Runtime refuses it, "bad-option" for the number of threads
   */
  createSession(bytes: Uint8Array, options?: SessionOptions): Promise<Session>;
}
