import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../open.js';
import { fixture, itemsOf } from '../testing/data-folder.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-model-columns-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** All rows of a file as they are read for a model with these names, and what was said. */
async function rowsFor(
  columns: string[] | undefined,
  file: string,
  content: string | Uint8Array,
  query = '',
) {
  const path = join(folder, file);
  await writeFile(path, content);
  const notes: string[] = [];
  const spec = `${file.split('.')[1]}:${path}?${query}`;
  const dataset = await openDataset(spec, {
    seed: 0,
    model: { columns },
    onNote: (note) => notes.push(note),
  });
  const [width] = dataset.shape as [number];
  const out = new Float32Array(width * dataset.train.size);
  await dataset.train.read([...Array(dataset.train.size).keys()], out);
  await dataset.close?.();
  const rows = Array.from({ length: dataset.train.size }, (_, i) => [
    ...out.slice(i * width, (i + 1) * width),
  ]);
  return { rows, notes: notes.map((note) => note.replace(folder, 'DIR')) };
}
const refusal = (...given: Parameters<typeof rowsFor>) =>
  rowsFor(...given).then(
    () => 'nothing',
    (error: Error & { code: string }) => `${error.code}: ${error.message.replaceAll(folder, 'DIR')}`,
  );

describe('rows for a model', () => {
  it('are not to be left out where they hold text', async () => {
    const advice = 'The model needs it: write numbers there, or take such lines out of the file.';
    expect(await refusal(['a'], 'text.csv', 'a,b\nx,1\n')).toBe(
      `bad-data: DIR/text.csv: column "a" of line 2 is "x", expected a finite number. ${advice}`,
    );
    expect(await refusal(['a'], 'text.jsonl', '{"a":"x","b":1}\n')).toContain(`. ${advice}`);
    // Who chooses columns has others to choose.
    expect(await refusal(['a'], 'chosen.csv', 'a,b\nx,1\n', 'columns=a')).toContain('drop=a');
  });

  it('are found by name, whatever else there is', async () => {
    expect(await rowsFor(['b', 'a'], 'a.csv', 'id,a,b\nx,1,2\ny,3,4\n')).toEqual({
      rows: [
        [2, 1],
        [4, 3],
      ],
      notes: ["DIR/a.csv: the column id is not the model's and passed over."],
    });
    // What the spec leaves out itself needs no note.
    expect((await rowsFor(['a'], 'a.csv', 'id,a,b\nx,1,2\n', 'label=b&drop=id')).notes).toEqual([]);
  });

  it('come from lists of named fields', async () => {
    const names = ['v[0]', 'v[1]', 'age'];
    const lines = '{"age":30,"v":[1,2],"extra":"x"}\n{"v":[3,4],"age":40}\n';
    expect(await rowsFor(names, 'a.jsonl', lines)).toEqual({
      rows: [
        [1, 2, 30],
        [3, 4, 40],
      ],
      notes: ["DIR/a.jsonl: the column extra is not the model's and passed over."],
    });
    expect(await refusal(names, 'a.jsonl', '{"age":30,"v":[1,2,3]}\n')).toBe(
      'bad-data: DIR/a.jsonl has 4 numbers in each item, v[0], v[1], v[2], age; the model takes 3, v[0], v[1], age.',
    );
  });

  it('come from Parquet', async () => {
    const columns = ['flag', 'pair[0]', 'pair[1]', 'x'];
    const notes: string[] = [];
    const dataset = await openDataset(`parquet:${fixture('none.parquet')}`, {
      seed: 0,
      model: { columns },
      onNote: (note) => notes.push(note),
    });
    // The last of 50 rows that the fixture's script wrote: x = 49 / 4, pair = [49, 49.5], flag = false.
    expect([dataset.columns, await itemsOf(dataset, dataset.train, [49])]).toEqual([
      columns,
      [[0, 49, 49.5, 12.25]],
    ]);
    expect(notes).toEqual([expect.stringMatching(/: the columns (id|y|kind), \w+, \w+ are not the model's/)]);
  });

  it('are taken by place where the file has no names', async () => {
    const note = "DIR/a.csv: no names in the first line, so columns are taken in the model's order.";
    expect(await rowsFor(['a', 'b'], 'a.csv', '1,2\n3,4\n')).toMatchObject({
      rows: { length: 2 },
      notes: [note],
    });
    expect((await rowsFor(['b', 'a'], 'a.jsonl', '[1,2]\n[3,4]\n')).rows[0]).toEqual([1, 2]);
    // A model without names takes any, and a first line of numbers is a row.
    expect((await rowsFor(undefined, 'a.csv', '1,2\n3,4\n')).rows).toHaveLength(2);
    expect((await rowsFor(undefined, 'a.csv', 'x,y\n3,4\n')).rows).toEqual([[3, 4]]);
    // Names may be numbers.
    expect((await rowsFor(['2020', '2019'], 'a.csv', '2019,2020\n3,4\n')).rows).toEqual([[4, 3]]);
  });

  it('are those that the spec chooses, where it does', async () => {
    expect((await rowsFor(['a', 'b'], 'a.csv', 'c,d,e\n1,2,3\n', 'columns=d,c')).rows).toEqual([[2, 1]]);
    expect((await rowsFor(['a', 'b'], 'a.csv', '1,2,3\n', 'header=no&drop=1')).rows).toEqual([[1, 3]]);
  });

  it('need every column of the model', async () => {
    expect(await refusal(['age', 'b'], 'a.csv', 'agee,b\n1,2\n')).toBe(
      'bad-data: DIR/a.csv: the model needs a column age, not in this file. Is "agee" meant? Then rename it. Its columns are agee, b.',
    );
    expect(await refusal(['x', 'y'], 'a.jsonl', '{"b":1}\n')).toBe(
      'bad-data: DIR/a.jsonl: the model needs columns x, y, not in this file. Its columns are b.',
    );
  });
});

it('training is told of a first line that may be a row', async () => {
  const path = join(folder, 'bare.csv');
  await writeFile(path, '1,2\n3,4\n');
  const notes: string[] = [];
  const open = (query: string) =>
    openDataset(`csv:${path}${query}`, { seed: 0, onNote: (note) => notes.push(note) });
  expect((await open('')).columns).toEqual(['1', '2']);
  expect(notes[0]).toContain(
    'numbers alone, is taken as the names of the columns; if it is a row, say header=no.',
  );
  notes.length = 0;
  expect(await open('?header=no')).toMatchObject({ numbered: true });
  expect(notes).toEqual([]);
});
