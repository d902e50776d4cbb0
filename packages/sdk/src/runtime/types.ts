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
  /** True once the worker that held the graph has died with it: every run fails, a new session is needed. */
  readonly lost: boolean;
  /**
   * There where runs block the thread. Asked before each run of many, it gives what to wait for when the thread's other
   * work has waited long enough.
   */
  readonly pause?: (() => Promise<void> | undefined) | undefined;
  /**
   * Runs the graph. Outputs belong to the caller. An input that the graph wants in float16 may be a Float32Array,
   * which is rounded; float16 outputs come as Float32Array.
   *
   * @param feeds one array per input, to be left alone until the promise settles
   * @param fetches names of the outputs wanted; all when left out
   * @param signal a run of this thread that waits for others is not made when it is aborted meanwhile
   * @throws VaeError "runtime-failed" with ONNX Runtime's own error as the cause; the signal's reason
   */
  run(
    feeds: Readonly<Record<string, TensorLike>>,
    fetches?: readonly string[],
    signal?: AbortSignal,
  ): Promise<Record<string, TensorLike>>;
  /**
   * The session to run a batch with, where another one does that sooner; it belongs to this one.
   *
   * @param elements how many numbers go in
   */
  sessionFor?(elements: number): Session;
  release(): Promise<void>;
}

/** A file that a graph keeps weights in, by the path that the graph gives it. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface SessionOptions {
  /** Threads for this session where they are to differ from the runtime's; a whole number from 1 to 1024. */
  readonly threads?: number;
  readonly externalData?: readonly ExternalData[];
  /**
   * The graph is worth all threads for one run, such as one that takes pictures of any size. Else a pooled runtime
   * decides by the size of the model: small ones run several times at once, on one thread each.
   */
  readonly wide?: boolean;
}

/** What models run on: `cpu`, `cuda`, `webgpu`, `coreml`, `dml` and `wasm`. */
export type DeviceName = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml' | 'wasm';

/** Where models can be asked to run; see `RuntimeOptions`. */
export type Device = 'auto' | DeviceName;

/** What became of one device when a runtime was looked for. */
export interface DeviceReport {
  readonly device: DeviceName;
  readonly chosen: boolean;
  /** Why it was chosen or not, one sentence. */
  readonly reason: string;
}

export type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web' | 'injected';

/** What makes sessions on one device, in this thread or in workers. */
export interface ModelRuntime {
  readonly name: RuntimeName;
  readonly version: string;
  readonly device: DeviceName;
  /** Threads that models have in all: 1 for wasm on a page that is not cross-origin isolated, whatever was asked. */
  readonly threads: number;
  /** Every device, in the order of preference. */
  readonly report: readonly DeviceReport[];
  /** True when runs happen in worker threads and leave this one free, but for short ones where `worker` was left out. */
  readonly worker: boolean;
  /**
   * @param bytes an ONNX model
   * @throws VaeError "bad-model" when ONNX Runtime refuses it, "bad-option" for the number of threads
   */
  createSession(bytes: Uint8Array, options?: SessionOptions): Promise<Session>;
}

/** ONNX Runtime on one device, in this thread. */
export interface Runtime extends ModelRuntime {
  /** The module itself, for callers that make sessions of their own. */
  readonly ort: OrtModule;
}
