export { type Decoder, type DecoderOptions, loadDecoder } from './load-decoder.js';
