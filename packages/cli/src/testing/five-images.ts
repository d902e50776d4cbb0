import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpy, decodePng, encodeNpy, encodePng, type Tensor } from '@vae/sdk/media';
import { expect } from 'vitest';
import {
  dataShape,
  encodeByHand,
  logitsByHand,
  modelFolder,
  sigmoid,
} from '../../../sdk/src/testing/models.js';
import { slice } from '../tensors.js';

/** The tiny model, and a folder for what a file's tests write; both go with the temporary folder of all tests. */
export const model = await modelFolder();
/** The same with latents that follow no prior but lie around a mean. */
export const codes = { mean: [4.9, -5.1], std: [0.5, 2] };
export const autoencoder = await modelFolder({
  fields: {
    latent: { kind: 'deterministic', shape: [2] },
    prior: { kind: 'standard-normal', ...codes },
  },
});
export const folder = mkdtempSync(join(tmpdir(), 'vae-commands-'));
export const at = (name: string) => join(folder, name);
export const readNpy = (name: string) => decodeNpy(readFileSync(at(name)));
export const readPng = (name: string) => decodePng(readFileSync(at(name)));

/** Five images of bytes: as numbers, as five.npy, and as the folder five, of which image10.png is the last. */
const bytes = Array.from({ length: 5 }, (_, n) =>
  Array.from({ length: 6 }, (_, i) => (n * 50 + i * 9) % 256),
);
export const images: Tensor = {
  data: Float32Array.from(bytes.flat(), (byte) => byte / 255),
  shape: [5, ...dataShape],
};
writeFileSync(at('five.npy'), encodeNpy(images));
mkdirSync(at('five'));
for (const [n, data] of bytes.entries()) {
  const picture = { width: 3, height: 2, channels: 1, data: Uint8Array.from(data) } as const;
  writeFileSync(at(`five/image${n === 4 ? 10 : n}.png`), encodePng(picture));
}

/** What the model makes of them, by hand. */
const encoded = bytes.map((_, n) => encodeByHand(slice(images, n, n + 1).data));
export const means = encoded.map((both) => both.slice(0, 2));
export const logvars = encoded.map((both) => both.slice(2));

export const latents = (rows: number[][]): Tensor => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, 2],
});

/** The pixels that the model makes of latents, by hand. */
export const pixelsOf = (z: Tensor) =>
  Array.from({ length: z.shape[0] }, (_, n) => logitsByHand(slice(z, n, n + 1).data).map(sigmoid)).flat();

export function expectClose(found: Tensor, expected: readonly number[], shape: readonly number[]) {
  expect(found.shape).toEqual(shape);
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - found.data[i])));
  expect(difference).toBeLessThan(1e-5);
}
