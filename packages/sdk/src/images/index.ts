export type { Fit } from './fit.js';
export { type ImageBatchOptions, imageBatch, readImage } from './read-image.js';
export type { ReadImageOptions } from './reader.js';
export { type DrawOptions, drawTensor, type PixelData, toBlob, toImageData } from './to-image.js';
export { type ImageTensorOptions, imageTensor } from './to-tensor.js';
export type { CanvasLike, Drawable, ImageInput } from './types.js';
