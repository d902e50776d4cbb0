import { describe, expect, it } from 'vitest';
import type { VaeError } from '../errors.js';
import { dataShape, modelBytes } from '../testing/models.js';
import { VAE } from '../vae/vae.js';
import { dataBatch } from './data-batch.js';

const columns = ['age', 'height', 'weight'];
const spec = { kind: 'vector', shape: [3], layout: 'flat', columns } as const;
const refusal = (x: unknown, data: object = {}) => {
  try {
    dataBatch(x as never, { ...spec, ...data }, 'encode', {});
  } catch (error) {
    const { code, message } = error as VaeError;
    return `${code}: ${message}`;
  }
  return undefined;
};
const advice =
  'bad-input: encode: the model takes rows of 3 numbers in the order of vae.data.columns, ' +
  'as in records.map((record) => vae.data.columns.map((name) => record[name])); got ';

describe('rows', () => {
  it('are named by the manifest of their model', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await using named = await VAE.load(
      modelBytes({ fields: { data: { kind: 'vector', shape: dataShape, columns: names } } }),
      { device: 'wasm' },
    );
    expect(named.data.columns).toEqual(names);
    await using bare = await VAE.load(modelBytes(), { device: 'wasm' });
    expect(bare.data).not.toHaveProperty('columns');
  });

  it('come out of records as the message says', async () => {
    const records = [
      { weight: 70, id: 5, height: 1.75, age: 30 },
      { age: 41, height: 1.5, weight: 50, id: 6 },
    ];
    expect(refusal(records)).toBe(`${advice}an object.`);
    expect(refusal(records[0])).toBe(`${advice}an object.`);
    const rows = records.map((record) => columns.map((name) => record[name as 'age']));
    expect(await dataBatch(rows, spec, 'encode', {})).toEqual({
      data: Float32Array.of(30, 1.75, 70, 41, 1.5, 50),
      shape: [2, 3],
    });
  });

  it.each(['new.csv', 'data/NEW.TSV', 'rows.jsonl', 'rows.parquet', new URL('file:///rows.csv')])(
    'are not read from %s',
    (file) => {
      expect(refusal(file)).toBe(`${advice}"${file}", which is not read here.`);
      expect(refusal([file, file])).toBe(`${advice}"${file}", which is not read here.`);
    },
  );

  it('have an order without names too', () => {
    expect(refusal([{ age: 1 }], { columns: undefined })).toBe(
      'bad-input: encode: the model takes rows of 3 numbers in the order of training, as in [[...], [...]] for two rows; got an object.',
    );
  });

  it('are taken as arrays, and images of other models are left to their reader', async () => {
    const row = { data: Float32Array.of(1, 2, 3), shape: [1, 3] };
    for (const given of [[1, 2, 3], [[1, 2, 3]], row, { data: [1, 2, 3], shape: [3] }])
      expect(await dataBatch(given, spec, 'encode', {})).toEqual(row);
    const image = { kind: 'image', layout: 'chw', shape: [1, 2, 2] } as const;
    await expect(dataBatch('missing.csv', image, 'encode', {})).rejects.toMatchObject({ code: 'not-found' });
  });
});
