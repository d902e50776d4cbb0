import { VaeError } from '../../errors.js';
import type { ImageReader } from '../../images/reader.js';

export const images: ImageReader = {
  isImage: () => false,
  async readImage(_, where) {
    throw new VaeError('bad-input', `${where}: not an image.`);
  },
};
