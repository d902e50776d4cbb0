import { isVaeError, reason, VaeError } from '../../errors.js';
import type {
  OrtModule,
  OrtSession,
  OrtTensor,
  OrtValueInfo,
  Session,
  SessionArray,
  TensorInfo,
  TensorLike,
} from '../types.js';

const typeNames = new Map<unknown, string>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Uint8Array, 'uint8'],
  [Int16Array, 'int16'],
  [Uint16Array, 'uint16'],
  [Int32Array, 'int32'],
  [Uint32Array, 'uint32'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
]);

type Float16 = typeof import('../../float16.js');

const isHalf = ({ dtype }: TensorInfo): boolean => dtype === 'float16';

/** Runs a task when its turn has come; see `serially`. */
export type Turn = <T>(task: () => Promise<T>) => Promise<T>;

export const atOnce: Turn = (task) => task();

/** ONNX Runtime's session behind the small interface. */
export function wrapSession(ort: OrtModule, session: OrtSession, turn: Turn): Session {
  const inputs = session.inputMetadata.map(tensorInfo);
  const outputs = session.outputMetadata.map(tensorInfo);
  const halves = new Set([...inputs, ...outputs].filter(isHalf).map(({ name }) => name));

  /** Uint16Array stands for halves where the graph wants them; elsewhere it is what it says. */
  const toOrt = (name: string, { data, shape }: TensorLike, float16: Float16 | undefined): OrtTensor => {
    if (!float16 || !halves.has(name))
      return new ort.Tensor(typeNames.get(data.constructor) ?? 'float32', data, [...shape]);
    const bits = data instanceof Float32Array ? float16.toHalves(data) : data;
    return new ort.Tensor('float16', bits, [...shape]);
  };

  // To name all outputs costs ONNX Runtime more than to name none.
  const all = (fetches: readonly string[]) => outputs.every(({ name }) => fetches.includes(name));

  return {
    inputs,
    outputs,
    lanes: 1,
    lost: false,
    async run(feeds, fetches, signal) {
      try {
        // Few models have halves, so pages get what reads them with the first that does.
        const float16 = halves.size > 0 ? await import('../../float16.js') : undefined;
        const tensors: Record<string, OrtTensor> = {};
        for (const name in feeds) tensors[name] = toOrt(name, unshared(feeds[name]!), float16);
        const some = fetches && !all(fetches) ? fetches : undefined;
        const given = await turn(() => {
          // Others came before it.
          signal?.throwIfAborted();
          return some ? session.run(tensors, [...some]) : session.run(tensors);
        });
        const results: Record<string, TensorLike> = {};
        for (const name in given) results[name] = fromOrt(given[name]!, float16);
        return results;
      } catch (cause) {
        signal?.throwIfAborted();
        if (isVaeError(cause)) throw cause;
        const { notRun } = await import('./ort-words.js');
        throw new VaeError('runtime-failed', notRun(reason(cause)), { cause });
      }
    },
    release: () => turn(() => session.release()),
  };
}

/** ONNX Runtime takes no shared memory. */
function unshared(tensor: TensorLike): TensorLike {
  return tensor.data.buffer instanceof ArrayBuffer ? tensor : { ...tensor, data: tensor.data.slice() };
}

/** The caller may keep what it gets: a view onto a larger buffer, such as a wasm heap, is copied. */
function fromOrt({ data, type, dims }: OrtTensor, float16: Float16 | undefined): TensorLike {
  const shape = [...dims];
  if (float16 && type === 'float16')
    return { data: float16.fromHalves(bitsOf(data as ArrayBufferView)), shape };
  const array = data as SessionArray;
  const whole = array.byteLength === array.buffer.byteLength;
  return { data: whole ? array : array.slice(), shape };
}

/** ONNX Runtime gives a Uint16Array of bits, or a Float16Array where the language has it; the bits are the same. */
function bitsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

function tensorInfo({ name, isTensor, type, shape }: OrtValueInfo): TensorInfo {
  return { name, dtype: isTensor ? (type ?? 'unknown') : 'not a tensor', dims: shape ?? [] };
}
