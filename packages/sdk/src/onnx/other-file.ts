/** How files begin that are taken for models by mistake, and what to say of them. */
const beginnings: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  {
    pattern: /^\s*<(!doctype|html|head|body|\?xml)/i,
    what: 'an HTML or XML page, not a model; check the address',
  },
  {
    pattern: /^version https:\/\/git-lfs/,
    what: 'a Git LFS pointer, not the model itself; fetch it with "git lfs pull"',
  },
  { pattern: /^PK[^\w\s]{2}/, what: 'a zip archive, as PyTorch and Keras write; export the model to ONNX' },
  { pattern: /^\x89HDF/, what: 'an HDF5 file, as Keras writes; export the model to ONNX' },
  { pattern: /^.{4}TFL3/s, what: 'a TensorFlow Lite model; export the model to ONNX' },
  { pattern: /^\s*[{[]/, what: 'JSON text, not a model' },
  { pattern: /^[\t\n\r -~]+$/, what: 'text, not a model' },
];

/** What a file is that cannot be an ONNX model, or undefined. */
export function otherFile(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'empty';
  // Byte by byte, so that magic numbers survive; a byte order mark is passed over.
  const start = String.fromCharCode(...bytes.subarray(0, 64)).replace(/^\xef\xbb\xbf/, '');
  return beginnings.find(({ pattern }) => pattern.test(start))?.what;
}
