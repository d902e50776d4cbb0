import { readFile } from 'node:fs/promises';
import { fillNormal, fillUniform, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { drawBitRows, fillMaskRows, fillNormalRows, fillUniformRows, type RowKeys } from './fill-rows.js';
import { CAPACITY } from './kernel.js';
import { noiseModule } from './module.js';

it('is what its text assembles to', async () => {
  const { parseWat } = await wabt();
  const text = await readFile(new URL('noise.wat', import.meta.url), 'utf8');
  const { buffer } = parseWat('noise.wat', text, { simd: true }).toBinary({});
  expect(noiseModule).toBe(Buffer.from(buffer).toString('base64'));
});

const bits = (array: Float32Array) => new Int32Array(array.buffer);

/** Rows as the SDK draws them, one after another. */
function oneByOne({ indices, size, ...key }: RowKeys, fill: typeof fillNormal): Float32Array {
  const out = new Float32Array(indices.length * size);
  for (let row = 0; row < indices.length; row++) fill(out, { ...key, index: indices[row] }, row * size, size);
  return out;
}

const keys: [what: string, RowKeys][] = [
  ['one number', { seed: 0, stream: 'eps', indices: [0], size: 1 }],
  ['no rows', { seed: 0, stream: 'eps', indices: [], size: 5 }],
  ['rows of two', { seed: 7, stream: 'eps', step: 3, indices: [5, 9, 4294967295], size: 2 }],
  [
    'rows that fill no group',
    { seed: 2 ** 53 - 1, stream: 'a', step: 4294967295, indices: [1, 2, 3], size: 21 },
  ],
  ['rows of whole groups', { seed: 12345678901, stream: 'b', indices: [8, 6], size: 64 }],
  [
    'more rows than fit',
    { seed: 1, stream: 'c', indices: Array.from({ length: 700 }, (_, i) => i), size: 49 },
  ],
  ['a row longer than fits', { seed: 3, stream: 'd', step: 9, indices: [2, 1], size: CAPACITY + 77 }],
  ['a row that ends where the room does', { seed: 3, stream: 'd', indices: [2, 1], size: CAPACITY }],
];

describe.each(keys)('noise for %s', (_, of) => {
  const length = of.indices.length * of.size;

  it.each([
    ['normals', fillNormalRows, fillNormal],
    ['uniforms', fillUniformRows, fillUniform],
  ])('has the bits of the %s drawn one by one', (_, fillRows, fill) => {
    const out = new Float32Array(length + 1).fill(9);
    fillRows(out, of);
    expect(out[length]).toBe(9);
    expect(bits(out.slice(0, length))).toEqual(bits(oneByOne(of, fill)));
  });

  it.each([1, 0.9, 0.5, 1 / 3, 1e-3, 0.25 + 2 ** -30])('keeps where the uniform is below %d', (keep) => {
    const expected = oneByOne(of, fillUniform).map((u) => (u < keep ? 1 / keep : 0));
    const out = new Float32Array(length);
    fillMaskRows(out, of, keep);
    expect(out).toEqual(expected);
  });

  it('draws bits by their probabilities', () => {
    const rows = uniform({ seed: 5, stream: 'probabilities' }, length);
    const expected = oneByOne(of, fillUniform).map((u, i) => (u < rows[i] ? 1 : 0));
    drawBitRows(rows, of);
    expect(rows).toEqual(expected);
  });
});

it('has the bits of a million normals drawn one by one', () => {
  const of = { seed: 99, stream: 'many', indices: Array.from({ length: 1000 }, (_, i) => i), size: 1000 };
  const out = new Float32Array(1e6);
  fillNormalRows(out, of);
  expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(oneByOne(of, fillNormal).buffer))).toBe(0);
});
