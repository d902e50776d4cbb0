import { reason, VaeError } from '../errors.js';
import type {
  OrtModule,
  OrtSession,
  OrtTensor,
  OrtValueInfo,
  Session,
  SessionArray,
  TensorInfo,
  TensorLike,
} from './types.js';

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

/** ONNX Runtime's session behind the small interface. */
export function wrapSession(ort: OrtModule, session: OrtSession): Session {
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    lanes: 1,
    async run(feeds, fetches) {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([name, { data, shape }]) => {
          return [name, new ort.Tensor(typeNames.get(data.constructor) ?? 'float32', data, [...shape])];
        }),
      );
      let outputs: Record<string, OrtTensor>;
      try {
        outputs = await (fetches ? session.run(inputs, [...fetches]) : session.run(inputs));
      } catch (cause) {
        throw new VaeError('runtime-failed', `ONNX Runtime could not run the model: ${reason(cause)}`, {
          cause,
        });
      }
      return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, owned(value)]));
    },
    release: () => session.release(),
  };
}

/** The caller may keep what it gets: a view onto a larger buffer, such as a wasm heap, is copied. */
function owned(value: OrtTensor): TensorLike {
  const data = value.data as SessionArray;
  const whole = data.byteLength === data.buffer.byteLength;
  return { data: whole ? data : data.slice(), shape: [...value.dims] };
}

function tensorInfo({ name, isTensor, type, shape }: OrtValueInfo): TensorInfo {
  return { name, dtype: isTensor ? (type ?? 'unknown') : 'not a tensor', dims: shape ?? [] };
}
