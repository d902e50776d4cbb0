/** Rows and columns of the matrices. */
export const SIZE = 1024;

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

// Protocol buffers: a field is its number and kind, then a number (kind 0) or a length and that many bytes (kind 2).
const number = (field, value) => [...varint(field * 8), ...varint(value)];
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...Buffer.from(value)]);

/** A ValueInfoProto: a float32 matrix. */
function matrix(field, name) {
  const dimension = bytes(1, number(1, SIZE));
  const tensorType = [...number(1, 1), ...bytes(2, [...dimension, ...dimension])];
  return bytes(field, [...text(1, name), ...bytes(2, bytes(1, tensorType))]);
}

/**
 * An ONNX model that computes ((a·b)·b)·…, square float32 matrices. A chain, so that fetching the result is a small
 * part of it.
 *
 * @param products how many times b is multiplied by
 */
export function productChain(products) {
  const valueName = (index) => (index === 0 ? 'a' : index === products ? 'y' : `y${index}`);
  const nodes = Array.from({ length: products }, (_, i) =>
    bytes(1, [...text(1, valueName(i)), ...text(1, 'b'), ...text(2, valueName(i + 1)), ...text(4, 'MatMul')]),
  );
  const graph = [
    ...nodes.flat(),
    ...text(2, 'chain'),
    ...matrix(11, 'a'),
    ...matrix(11, 'b'),
    ...matrix(12, 'y'),
  ];
  const opset = bytes(8, number(2, 17));
  return Uint8Array.from([...number(1, 8), ...opset, ...bytes(7, graph)]);
}
