import type { ModelSpec } from '../model.js';
import { sizeOf } from '../tensor.js';

/** Pixels outnumber latents; too many of them are refused before anything is drawn. */
export function assertDecodable(count: number, { data }: ModelSpec, where: string): void {
  sizeOf([count, ...data.shape.map(Math.abs)], where, 'bad-option');
}
