export { drawTensor } from '../images/to-image.js';
export { type Decoder, type DecoderOptions, loadDecoder } from './load-decoder.js';
export { type MountedDecoder, type MountOptions, mountDecoder } from './mount.js';
