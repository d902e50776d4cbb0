/** Models of others: ONNX files without a manifest, from PyTorch, Keras, diffusers and optimum. */
export { type ForeignFile, type ForeignFiles, findForeign } from './files.js';
export { openForeign } from './open.js';
export { type ForeignLatent, type ForeignOptions, halvesOf } from './options.js';
