import { deflateSync } from 'node:zlib';
import { encodePng, type Picture } from '@vae/sdk/media';

/**
 * A picture as a PNG file, packed by Node's own zlib, which is faster than packing in JavaScript.
 *
 * @throws VaeError "bad-input" for a picture whose sizes disagree
 * @example await atomicWrite('samples.png', toPng(picture))
 */
export const toPng = (picture: Picture): Uint8Array =>
  encodePng(picture, { deflate: (bytes) => deflateSync(bytes) });
