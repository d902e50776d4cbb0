import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parquet } from './parquet.js';
import { dataFolder, fixture, itemsOf } from './testing/data-folder.js';

const { put, path, open, refusal } = dataFolder(parquet);

describe('parquet', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'])(
    'reads what pyarrow 26.0.1 wrote with compression %s, over row groups',
    async (codec) => {
      const data = await open(`${fixture(`${codec}.parquet`)}?label=kind&drop=id`);
      expect([data.kind, data.shape, data.classes, data.train.size]).toEqual([
        'vector',
        [5],
        ['even', 'odd'],
        50,
      ]);
      expect(data.columns).toEqual(['x', 'y', 'pair[0]', 'pair[1]', 'flag']);
      expect(await itemsOf(data, data.train, [49, 0, 21])).toEqual([
        [12.25, -49, 49, 49.5, 0],
        [0, 0, 0, 0.5, 1],
        [5.25, -21, 21, 21.5, 1],
      ]);
      expect([0, 49].map((i) => data.train.label!(i))).toEqual([0, 1]);
    },
  );

  it.each(['1-none', '2-none', '2-snappy'])(
    'reads every encoding of numbers that pyarrow 26.0.1 writes, in pages of version and compression %s',
    async (name) => {
      const file = fixture(`encodings-${name}.parquet`);
      const data = await open(`${file}?label=text&drop=kind&bad=skip`);
      expect([data.classes, data.train.size]).toEqual([['text 0', 'text 1'], 49]);
      // The rows but the eighth, whose step is missing: count, short, y, flag, step, list.
      const row = (i: number) => [
        i * i,
        1000 - 7 * i,
        i / 8,
        i % 5 ? 0 : 1,
        Math.floor(i / 10),
        i,
        i + 0.25,
        -i,
      ];
      const rows = Array.from({ length: 50 }, (_, i) => i).filter((i) => i !== 7);
      // As numbers, since 0 and −0 are one.
      expect((await itemsOf(data, data.train)).map(String)).toEqual(rows.map((i) => String(row(i))));
      expect(rows.map((_, i) => data.train.label!(i))).toEqual(rows.map((i) => i % 2));
      expect(await refusal(`${file}?label=text&drop=kind`)).toContain('step of row 8 is null, expected');
    },
  );

  it('leaves out the index of a pandas table unless it is named', async () => {
    const notes: string[] = [];
    const file = await put('a.parquet', await readFile(fixture('pandas.parquet')));
    const data = await open(file, notes);
    expect([data.columns, await itemsOf(data, data.train)]).toEqual([
      ['x', 'y'],
      [
        [1, 3],
        [2, 5],
        [4, 6],
      ],
    ]);
    expect(notes).toEqual(['a.parquet: left out, as the index of a pandas table: __index_level_0__.']);
    const chosen = await open(`${file}?columns=y,__index_level_0__`, notes);
    expect((await itemsOf(chosen, chosen.train))[0]).toEqual([3, 7]);
    const label = await open(`${file}?label=__index_level_0__&drop=x`, notes);
    expect([label.columns, label.classes]).toEqual([['y'], ['2', '7', '9']]);
    expect((await open(`${file}?drop=__index_level_0__`, notes)).columns).toEqual(['x', 'y']);
    expect(notes).toHaveLength(1);
  });

  it('refuses text, lists of different lengths and missing numbers by row', async () => {
    expect(await refusal(fixture('none.parquet'))).toContain(
      'none.parquet: field "kind" of row 1 is "even", expected a number. Leave the field out with drop=kind, or make it the label with label=kind.',
    );
    const holes = await put('holes.parquet', await readFile(fixture('holes.parquet')));
    expect(await refusal(`${holes}?columns=x`)).toBe(
      'holes.parquet: x of row 2 is null, expected a finite number. Leave such records out with bad=skip.',
    );
    expect(await refusal(`${holes}?columns=ragged`)).toContain(
      'holes.parquet: field "ragged" of row 2 is a list of 2, expected a list of 1 number.',
    );
    const notes: string[] = [];
    const data = await open(`${holes}?columns=x&bad=skip`, notes);
    expect(await itemsOf(data, data.train)).toEqual([[1], [4]]);
    expect(notes).toEqual(['holes.parquet: 2 of 4 records are left out; the first: x of row 2 is null.']);
    expect(await refusal(`${holes}?columns=y`)).toContain('there is no column "y"');
  });

  it('refuses what is no Parquet file', async () => {
    const bytes = await readFile(fixture('snappy.parquet'));
    for (const content of ['', 'PAR1', bytes.subarray(0, 4000), bytes.subarray(100), Buffer.alloc(100)]) {
      expect(await refusal(await put('a.parquet', content))).toMatch(
        /^a\.parquet: not a readable Parquet file \(.+\)\.$/,
      );
    }
    for (const [content, reason] of [
      ['', 'it is empty'],
      ['PAR1', 'it has 4 bytes, and none has fewer than 12'],
      ['a,b\n1,2\n3,4\n', 'it does not end in PAR1'],
    ] as const) {
      expect(await refusal(await put('a.parquet', content))).toBe(
        `a.parquet: not a readable Parquet file (${reason}).`,
      );
    }
    expect(await refusal(path('none'))).toBe('Cannot read "none": there is no such file or folder.');
  });

  it('refuses pages that say more than they hold, in little memory', async () => {
    const bytes = await readFile(fixture('none.parquet'));
    // Two bytes of definition levels: a run of 20 times 1, one for each row of the group.
    const at = bytes.indexOf(Buffer.from([2, 0, 0, 0, 40, 1]));
    const withRun = async (...run: number[]) => {
      const damaged = Buffer.from(bytes);
      damaged.set(run, at + 4);
      return `${await put('a.parquet', damaged)}?columns=id`;
    };
    expect(await refusal(await withRun(42))).toBe(
      'a.parquet: not a readable Parquet file (column "id": a run holds 21 values where 20 are left).',
    );
    const before = process.memoryUsage().rss;
    expect(await refusal(await withRun(0xfe, 0xff, 0xff, 0xff, 0x0f))).toContain(
      'column "id": a run holds 2147483647 values where 20 are left',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
    expect(await refusal(await withRun(38))).toContain('column "id": runs hold 19 of 20 values');
  });
});
