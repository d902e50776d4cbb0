/** Names of ONNX's element types by number (TensorProto.DataType), spelled as ONNX Runtime spells them. */
const names: readonly string[] = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
];

export function elementTypeName(type: number): string {
  return names[type] ?? `type ${type}`;
}
