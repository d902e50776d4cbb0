import type { Dataset, Split } from '../dataset.js';
import { images } from '../images.js';
import { dataFolder } from './data-folder.js';

/** A fresh folder of images for each test, and what tests do with it. */
export function imageFolder() {
  const { path, put, open, errorOf } = dataFolder(images);
  return {
    path,
    put,
    /** @param argument what follows the folder: a folder in it, options */
    open: (argument = '', notes: string[] = []): Promise<Dataset> => open(`${path('')}${argument}`, notes),
    refusal: errorOf,
  };
}

/** Images of a part as one array. */
export async function read({ shape }: Dataset, split: Split, indices: number[], visit?: number) {
  const out = new Float32Array(indices.length * shape.reduce((a, b) => a * b));
  await split.read(indices, out, visit);
  return out;
}
