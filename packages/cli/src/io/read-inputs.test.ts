import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@vae/sdk/manifest';
import { encodeNpy, encodePng } from '@vae/sdk/media';
import { afterAll, describe, expect, it } from 'vitest';
import { readInput, readInputs } from './read-inputs.js';
import { rowsOf } from './read-rows.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-read-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe('rowsOf', () => {
  it.each([
    ['a.csv', { spec: 'csv:a.csv?', file: 'a.csv' }],
    ['b/A.CSV', { spec: 'csv:b/A.CSV?', file: 'b/A.CSV' }],
    ['what?.jsonl#12', { spec: 'jsonl:what?.jsonl?', file: 'what?.jsonl', item: '12' }],
    ['csv:a.txt', { spec: 'csv:a.txt?', file: 'a.txt' }],
    ['csv:a.txt#3?drop=b', { spec: 'csv:a.txt?drop=b', file: 'a.txt', item: '3' }],
    ['parquet:a.parquet?columns=a,b', { spec: 'parquet:a.parquet?columns=a,b', file: 'a.parquet' }],
    ['npy:a.npy#3?layout=hwc', { spec: 'npy:a.npy?layout=hwc', file: 'a.npy', item: '3' }],
    ['a.png', undefined],
    ['a.npy#3', undefined],
    ['csv', undefined],
    ['npz:a.npz#3', undefined],
  ])('%s', (word, expected) => {
    expect(rowsOf(word)).toEqual(expected);
  });
});

describe('readInputs', () => {
  const data = { kind: 'vector', shape: [2] } as const;
  const model = { manifest: { data } as unknown as Manifest, dataShape: [2], data };
  async function read(words: string[], options: { count?: number; batchSize?: number } = {}, of = model) {
    const found: [names: string[], values: number[]][] = [];
    for await (const { names, items } of readInputs(words, of, { ...options, onNote: () => {} }))
      found.push([names.map((name) => name.replace(folder, 'DIR')), [...items.data]]);
    return found;
  }
  const csv = put('a.csv', 'x,y\n1,2\n3,4\n5,6\n');
  const npy = put('a.npy', encodeNpy({ data: Float32Array.of(7, 8), shape: [1, 2] }));

  it('reads tables and arrays in the order given, batch by batch', async () => {
    expect(await read([csv, npy, npy, `${csv}#1`], { batchSize: 2 })).toEqual([
      [
        ['DIR/a.csv#0', 'DIR/a.csv#1'],
        [1, 2, 3, 4],
      ],
      [['DIR/a.csv#2'], [5, 6]],
      [
        ['DIR/a.npy#0', 'DIR/a.npy#0'],
        [7, 8, 7, 8],
      ],
      [['DIR/a.csv#1'], [3, 4]],
    ]);
  });

  it('stops after as many as are wanted', async () => {
    const names = async (count: number) =>
      (await read([npy, csv, npy], { count })).flatMap(([found]) => found);
    expect(await names(2)).toEqual(['DIR/a.npy#0', 'DIR/a.csv#0']);
    expect(await names(4)).toEqual(['DIR/a.npy#0', 'DIR/a.csv#0', 'DIR/a.csv#1', 'DIR/a.csv#2']);
  });

  it('takes all rows of a table, whatever is held back in training', async () => {
    expect(await read([`csv:${csv}?test=1&columns=y,x`])).toEqual([
      [
        ['DIR/a.csv#0', 'DIR/a.csv#1', 'DIR/a.csv#2'],
        [2, 1, 4, 3, 6, 5],
      ],
    ]);
  });

  it('counts rows as the file has them, also where some are left out', async () => {
    const gaps = `csv:${put('gaps.csv', 'x,y\n1,\n3,4\n5,NA\n7,8\n')}`;
    expect(await read([`${gaps}?bad=skip`])).toEqual([
      [
        ['DIR/gaps.csv#1', 'DIR/gaps.csv#3'],
        [3, 4, 7, 8],
      ],
    ]);
    expect(await read([`${gaps}#3?bad=skip`])).toEqual([[['DIR/gaps.csv#3'], [7, 8]]]);
    await expect(read([`${gaps}#2?bad=skip`])).rejects.toThrow('gaps.csv" has no row 2; it was left out.');
    await expect(read([`${gaps}#4?bad=skip`])).rejects.toThrow('has no row 4; its rows are numbered 0 to 3.');
    const lines = put('gaps.jsonl', '[1,2]\n[null,3]\n\n[4,5]\n');
    expect((await read([`jsonl:${lines}?bad=skip`]))[0][0]).toEqual(['DIR/gaps.jsonl#0', 'DIR/gaps.jsonl#2']);
  });

  it.each([
    ['abc.csv', '', 'choose columns with "SPEC?columns=A,B" or "SPEC?drop=A".'],
    ['abc.csv', '?bad=skip', 'choose columns with "SPEC?bad=skip&columns=A,B" or "SPEC?bad=skip&drop=A".'],
    ['abc.csv', '?columns=a,b,c', 'choose columns with "SPEC?columns=A,B".'],
    ['abc.csv', '?columns=a', 'choose columns with "SPEC?columns=A,B".'],
    ['abc.csv', '?drop=a,b', 'choose columns with "SPEC?columns=A,B".'],
    ['abcd.csv', '?drop=a', 'choose columns with "SPEC?columns=A,B" or "SPEC?drop=a,A".'],
    ['one.csv', '', "give a file with all of the model's columns."],
    ['0123.csv', '', 'leave columns out by their places, as in "SPEC?header=no&drop=0".'],
    ['0123.csv', '?header=no&drop=0', 'leave columns out by their places, as in "SPEC?header=no&drop=0,1".'],
    ['0123.csv', '?header=no&columns=0', 'choose columns with "SPEC?header=no&columns=0,1".'],
  ])('advises what it takes: %s%s', async (name, options, advice) => {
    const tables: Record<string, string> = {
      'abc.csv': 'a,b,c\n1,2,3\n',
      'abcd.csv': 'a,b,c,d\n1,2,3,4\n',
      'one.csv': 'a\n1\n',
      '0123.csv': '1,2,3,4\n5,6,7,8\n',
    };
    const spec = `csv:${put(name, tables[name]!)}`;
    await expect(read([spec + options])).rejects.toThrow(
      `, the model takes 2; ${advice.replaceAll('SPEC', spec)}`,
    );
  });

  it('tells that rows are not fitted', async () => {
    const notes: string[] = [];
    const reading = readInputs([npy, csv], model, { fit: 'cover', onNote: (note) => notes.push(note) });
    for await (const _ of reading);
    expect(notes.filter((note) => note.includes('--fit'))).toEqual([
      `${csv}: --fit is for pictures; rows are taken as they are.`,
    ]);
  });

  it('names one of several that can be chosen', async () => {
    const one = (word: string) => readInput(word, model, { onNote: () => {} });
    const gap = put('gap.csv', 'x,y\n1,\n3,4\n5,6\n');
    mkdirSync(join(folder, 'arrays'), { recursive: true });
    for (const name of ['arrays/b.npy', 'arrays/a.npy'])
      put(name, encodeNpy({ data: Float32Array.of(7, 8), shape: [2] }));
    const words = [
      [
        join(folder, 'arrays'),
        `"${join(folder, 'arrays')}" holds several items`,
        join(folder, 'arrays/a.npy#0'),
      ],
      [csv, `"${csv}" holds several rows`, `${csv}#0`],
      [`csv:${gap}?bad=skip`, `"${gap}" holds several rows`, `csv:${gap}#1?bad=skip`],
    ];
    for (const [word, what, example] of words as [string, string, string][]) {
      await expect(one(word)).rejects.toThrow(what);
      await expect(one(word)).rejects.toThrow(`; choose one, such as "${example}".`);
      expect((await one(example)).shape).toEqual([1, 2]);
    }
  });

  it('reads pixels as pictures for a model of them', async () => {
    const data = { kind: 'image', shape: [1, 1, 2] } as const;
    const images = { manifest: undefined, dataShape: [1, 1, 2], data } as unknown as typeof model;
    await expect(read([csv], {}, images)).rejects.toThrow(
      `"${csv}" has rows of 2 numbers, the model takes 1 × 1 × 2; pixels are read with "csv:${csv}?image=1x2".`,
    );
    const large = { ...images, dataShape: [1, 2, 2] } as unknown as typeof model;
    await expect(read([csv], {}, large)).rejects.toThrow(
      `"${csv}" has rows of 2 numbers, the model takes 1 × 2 × 2; give a file with 4 pixels in each row.`,
    );
    const pixels = [`csv:${csv}?image=1x2&range=0,10`];
    expect((await read(pixels, { count: 1 }, images))[0][1]).toEqual([0.1, 0.2].map(Math.fround));
    const png = put('a.png', encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) }));
    expect((await read([png], {}, images))[0][1]).toEqual([0, 1]);
  });

  it('reads arrays whose channels come last as training does', async () => {
    const data = { kind: 'image', shape: [3, 1, 2] } as const;
    const images = { manifest: undefined, dataShape: [3, 1, 2], data } as unknown as typeof model;
    // Two images of a red, green and blue each: the first pixel's, then the second's.
    const values = Float32Array.of(0, 0.25, 0.5, 0.75, 1, 0, 1, 1, 0, 0, 0, 1);
    const file = put('hwc.npy', encodeNpy({ data: values, shape: [2, 1, 2, 3] }));
    await expect(read([file], {}, images)).rejects.toThrow(
      `[N,3,1,2]. Channels that come last: "npy:${file}?layout=hwc".`,
    );
    const second = [1, 0, 1, 0, 0, 1];
    expect(await read([`npy:${file}?layout=hwc`], {}, images)).toEqual([
      [
        ['DIR/hwc.npy#0', 'DIR/hwc.npy#1'],
        [0, 0.75, 0.25, 1, 0.5, 0, ...second],
      ],
    ]);
    expect(await read([`npy:${file}#1?layout=hwc`], {}, images)).toEqual([[['DIR/hwc.npy#1'], second]]);
  });

  it('says what tables are where a file is none', async () => {
    await expect(read([put('a.txt', 'x,y\n1,2\n')])).rejects.toThrow(
      'a.txt" is no NPY file; tables are files that end in .csv, .jsonl or .parquet.',
    );
  });
});
