export type { Tensor } from '../tensor.js';
export { encodeGif } from './gif.js';
export { grid, stack } from './grid.js';
export { decodeNpy, encodeNpy } from './npy.js';
export { decodeNpz, encodeNpz } from './npz.js';
export { type Picture, toPicture, toTensor } from './picture.js';
export { decodePng, encodePng, pngSize } from './png.js';
