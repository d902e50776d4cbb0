import { reason, VaeError, type VaeErrorCode } from '../errors.js';
import type { RuntimeOptions } from '../runtime/find-runtime.js';
import type { ModelRuntime, Session, SessionOptions, TensorLike } from '../runtime/types.js';
import { isWorthKeeping, type Spares } from './spares.js';

export type Tensors = Readonly<Record<string, TensorLike>>;

/** What a worker is asked. `session` is a number of the caller's choice. */
export type Question =
  | { readonly kind: 'start'; readonly options: RuntimeOptions }
  | {
      readonly kind: 'create';
      readonly session: number;
      readonly bytes: Uint8Array;
      readonly options: SessionOptions;
    }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Tensors;
      readonly fetches: readonly string[] | undefined;
    }
  | { readonly kind: 'release'; readonly session: number };

/** What it answers to each kind of question. */
export interface Answers {
  readonly start: Started;
  readonly create: Created;
  readonly run: Tensors;
  readonly release: undefined;
}

/** A runtime as far as it can be sent. */
export type Started = Pick<ModelRuntime, 'name' | 'version' | 'device' | 'report'>;
export type Created = Pick<Session, 'inputs' | 'outputs'>;

export interface Request {
  readonly id: number;
  readonly question: Question;
}

export type Reply =
  | {
      readonly id: number;
      readonly answer: unknown;
      /** Milliseconds that it took in the worker. */
      readonly ms: number;
      /** Memory that came with the question, to be written into again. */
      readonly spare?: readonly ArrayBuffer[];
    }
  | { readonly id: number; readonly error: SentError }
  /** The start was asked for; what it finds follows. */
  | { readonly id: number; readonly heard: true };

/** An error as far as it can be sent. */
export interface SentError {
  readonly code: VaeErrorCode;
  readonly message: string;
  readonly cause: string | undefined;
}

export function packError(error: unknown): SentError {
  const { code, cause } = error instanceof VaeError ? error : { code: 'runtime-failed' as const };
  return { code, message: reason(error), cause: cause === undefined ? undefined : reason(cause) };
}

export function unpackError({ code, message, cause }: SentError): VaeError {
  return new VaeError(code, message, cause === undefined ? undefined : { cause: new Error(cause) });
}

/** The memory of tensors, to be handed over instead of copied. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}

/** Copies that may be handed over; the caller keeps its arrays. */
export function copyTensors(tensors: Tensors, spares: Spares): Tensors {
  const copies: Record<string, TensorLike> = {};
  for (const name in tensors) {
    const { data, shape } = tensors[name]!;
    const copy = data instanceof Float32Array ? copyFloats(data, spares) : data.slice();
    copies[name] = { data: copy, shape: [...shape] };
  }
  return copies;
}

function copyFloats(data: Float32Array, spares: Spares): Float32Array {
  const copy = spares.take(data.length);
  copy.set(data);
  return copy;
}

/** A copy of a model's file that may be handed over. */
export function copyBytes(bytes: Uint8Array, spares: Spares): Uint8Array<ArrayBuffer> {
  const { buffer } = spares.take(Math.ceil(bytes.length / Float32Array.BYTES_PER_ELEMENT));
  const copy = new Uint8Array(buffer as ArrayBuffer, 0, bytes.length);
  copy.set(bytes);
  return copy;
}

/** The memory of an answer, to be handed over. */
export function memoryOf(question: Question, answer: unknown): ArrayBuffer[] {
  return question.kind === 'run' ? buffersOf(answer as Tensors) : [];
}

/** The memory that came with a question, as far as it is worth the way back and not in the answer. */
export function spareOf(question: Question, answer: unknown): ArrayBuffer[] {
  const used = memoryOf(question, answer);
  const came =
    question.kind === 'run'
      ? buffersOf(question.feeds)
      : question.kind === 'create'
        ? [question.bytes.buffer as ArrayBuffer]
        : [];
  return came
    .filter(({ byteLength }) => isWorthKeeping(byteLength / Float32Array.BYTES_PER_ELEMENT))
    .filter((buffer) => !used.includes(buffer));
}
