import { pixel } from './data.mjs';

/** A batch to encode (binary images) or to decode (latents around 0), with its shape. */
export function inputOf(verb, plan, batch) {
  const shape = [batch, ...(verb === 'encode' ? plan.shape : [plan.latent])];
  const length = shape.reduce((a, b) => a * b);
  const value = verb === 'encode' ? pixel : (index) => (4 * ((index * 37) % 101)) / 101 - 2;
  return { data: Float32Array.from({ length }, (_, index) => value(index)), shape };
}
