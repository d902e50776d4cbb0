import { once } from 'node:events';
import { appendFileSync, createWriteStream } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csv } from './csv.js';
import { dataFolder, itemsOf } from './testing/data-folder.js';

const { put, path, open, refusal } = dataFolder(csv);
const table = 'age,size,kind\n1,10,cat\n2,20,dog\n3,60,cat\n';

describe('csv', () => {
  it('reads columns of numbers and a label', async () => {
    const data = await open(`${await put('a.csv', table)}?label=kind`);
    expect([data.kind, data.shape, data.columns, data.classes, data.range]).toEqual([
      'vector',
      [2],
      ['age', 'size'],
      ['cat', 'dog'],
      null,
    ]);
    expect(await itemsOf(data, data.train, [2, 0])).toEqual([
      [3, 60],
      [1, 10],
    ]);
    expect([0, 1, 2].map((i) => data.train.label!(i))).toEqual([0, 1, 0]);
    expect([data.name, data.test]).toEqual(['csv:a.csv?label=kind', undefined]);
  });

  it('takes a byte order mark, carriage returns, quotes, blanks, signs and exponents', async () => {
    const text = '\ufeff"a ""b""", c\r\n"1", +2.5e-1\r\n-.5,"3\r\n"\r\n\r\n';
    const data = await open(await put('a.csv', text));
    expect(data.columns).toEqual(['a "b"', 'c']);
    expect(await itemsOf(data, data.train)).toEqual([
      [1, 0.25],
      [-0.5, 3],
    ]);
  });

  it('takes any line ends, also several in one file', async () => {
    const data = await open(await put('a.csv', 'a,b\r\n1,2\r\n3,4\n5,6\n7,8\r9,10'));
    expect(await itemsOf(data, data.train)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10],
    ]);
  });

  it('chooses columns in the order named, leaves columns out, and does without a header', async () => {
    const file = await put('a.csv', '1;2;x;4\n5;6;y;8\n');
    const options = `${file}?delimiter=;&header=no`;
    const chosen = await open(`${options}&columns=3,0`);
    expect([chosen.columns, await itemsOf(chosen, chosen.train)]).toEqual([
      ['3', '0'],
      [
        [4, 1],
        [8, 5],
      ],
    ]);
    const dropped = await open(`${options}&drop=1&label=2`);
    expect([dropped.columns, dropped.classes]).toEqual([
      ['0', '3'],
      ['x', 'y'],
    ]);
    const tabs = await open(`${await put('b.tsv', 'a\tb\n1\t2\n')}?delimiter=tab`);
    expect(await itemsOf(tabs, tabs.train)).toEqual([[1, 2]]);
  });

  it('takes rows for images', async () => {
    const file = await put(
      'a.csv',
      `label,${[...'abcdefghijkl'].join()}\n7,${[0, 51, 102, 153, 204, 255, 0, 0, 0, 255, 255, 255].join()}\n`,
    );
    const data = await open(`${file}?label=label&image=2x2x3&range=0,255`);
    expect([data.kind, data.shape, data.range, data.normalization]).toEqual([
      'image',
      [3, 2, 2],
      [0, 1],
      undefined,
    ]);
    const [pixels] = await itemsOf(data, data.train);
    expect(pixels!.map((x) => Math.round(x * 5))).toEqual([0, 3, 0, 5, 1, 4, 0, 5, 2, 5, 0, 5]);
    expect(await refusal(`${file}?label=label&image=2x3`)).toBe(
      'a.csv: items have 12 numbers, image=2x3x1 takes 6.',
    );
    expect(await refusal(`${file}?label=label&image=2x2x3`)).toBe(
      'a.csv: column "b" of row 1 is 51, expected a number from 0 to 1 (1 such item). Say with range=LOW,HIGH what the values lie between, or leave such items out with bad=skip.',
    );
  });

  it.each([
    ['', 'a.csv: the file is empty.'],
    ['a,b\n', 'a.csv: there are no items in it.'],
    ['a,b\n1,2\n3\n', 'a.csv: line 3 has 1 field, the header 2. Leave such rows out with bad=skip.'],
    ['a,b\n1,2,3\n', 'a.csv: line 2 has 3 fields, the header 2.'],
    [
      'a,b\n1,\n',
      'a.csv: column "b" of line 2 is "", expected a finite number. Leave such rows out with bad=skip.',
    ],
    ['a,b\n1,2\nNaN,2\n', 'column "a" of line 3 is "NaN", expected a finite number.'],
    ['a,b\n1,2\n1,-inf\n', 'column "b" of line 3 is "-inf", expected'],
    ['a,b\n1,2\n1,Infinity\n', 'is "Infinity", expected a finite number. Leave such rows out with bad=skip.'],
    ['a,b\n1,infected\n', 'is "infected", expected a finite number. Leave the column out with drop=b,'],
    ['a,b\n1,1e39\n', 'column "b" of line 2 is "1e39", expected'],
    [
      'a,b\n1,0x10\n',
      'column "b" of line 2 is "0x10", expected a finite number. Leave the column out with drop=b, or make it the label with label=b.',
    ],
    [
      'a,b\n1,"1,5"\n',
      'column "b" of line 2 is "1,5", expected a finite number. Write numbers with a decimal point, and nothing between thousands.',
    ],
    [
      'a;b\n1,5;2\n',
      'a.csv: the first line is one column, "a;b". If ";" parts the columns, add "delimiter=;", or "delimiter=," if it is one column.',
    ],
    ['a\tb\n1\t2\n', 'If tabs part the columns, add "delimiter=tab", or'],
    [
      Buffer.from('gr\u00f6\u00dfe,b\n1,2\n', 'latin1'),
      'a.csv: line 1 is not UTF-8; save the file as CSV in UTF-8.',
    ],
    [
      'a,,b\n1,2,3\n',
      'a.csv: in the header, column 2 has no name, and "2" in line 2. Write the file without an index (index=False in pandas), name the column, or choose others with columns=A,B.',
    ],
    [',a\n0,1\n1,1\n3,1\n', 'column 1 has no name, and "3" in line 4. Write the file without'],
    ['a,\n1,\n2,0\n', 'column 2 has no name, and "0" in line 3.'],
    [',\n0,\n', 'a.csv: no column is left for the values.'],
    ['a,1,a\n1,2,3\n', 'in the header, the name "a" is there twice. Give every column a name of its own.'],
    ['1,2,1\n3,4,5\n', 'the name "1" is there twice. Give every column a name of its own, or say header=no'],
    [
      '5,,NA,6,setosa\n1,2,3,4,a\n',
      'column 2 has no name, and "2" in line 2. Give every column a name of its own, or say header=no',
    ],
    ['5,,6\n1,,2\n', 'column 2 has no name. Give every column a name of its own, or say header=no'],
    ['a,b\n1,"2\n3,4\n', 'a.csv: a quotation mark is never closed; the file ends at line 3 within quotes.'],
    [
      'a,b\n1,"2"3\n',
      'a.csv: line 2: a quoted field is followed by "3", expected the delimiter or the end of the line. Write a quotation mark within quotes twice.',
    ],
    [
      '"a";"b"\n1;2\n',
      'followed by ";", expected the delimiter or the end of the line. If ";" parts the columns, add "delimiter=;".',
    ],
    [
      '"a"\t"b"\n1\t2\n',
      'a.csv: line 1: a quotation mark within a field that has none around it. Put such fields in quotes, with the marks in them twice, or say with delimiter= what parts the columns.',
    ],
    [
      'sep=;\na;b\n1;2\n',
      'a.csv: the first line, "sep=;", is a sign for a spreadsheet, expected the names of the columns. Take it out, and say with delimiter= what parts',
    ],
    ['a\0,b\n1,2\n', 'a.csv: not a text file in UTF-8; save it as CSV in UTF-8.'],
    [gzipSync('a,b\n1,2\n'), 'a.csv: the file is packed with gzip; unpack it first.'],
    [Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'a.csv: not a text file in UTF-8'],
  ])('refuses %j', async (text, message) => {
    expect(await refusal(await put('a.csv', text))).toContain(message);
  });

  it('takes a semicolon in the name of an only column where the delimiter is said', async () => {
    expect((await open(`${await put('a.csv', 'a;b\n1\n')}?delimiter=,`)).columns).toEqual(['a;b']);
  });

  it('refuses classes in another encoding', async () => {
    const bytes = Buffer.from('a,kind\n1,ab\n2,\u00e9\n', 'latin1');
    expect(await refusal(`${await put('a.csv', bytes)}?label=kind`)).toContain('a.csv: line 3 is not UTF-8;');
  });

  it('refuses options that do not fit the file', async () => {
    const file = await put('a.csv', table);
    expect(await refusal(`${file}?label=kindd`)).toBe(
      'a.csv: there is no column "kindd". Did you mean "kind"? Its columns are age, size, kind.',
    );
    expect(await refusal(`${file}?columns=age,size,age`)).toBe(
      'a.csv: columns names "age" twice; name it once.',
    );
    expect(await refusal(`${file}?columns=kind&label=kind`)).toBe('a.csv: no column is left for the values.');
    expect(await refusal(`${file}?label=kind&normalize=minmax&range=0,1`)).toBe(
      'a.csv: normalize=minmax and range both say how to scale.',
    );
    expect(await refusal(`${file}?lable=kind`)).toContain(
      'there is no option "lable". Did you mean "label"?',
    );
    expect(await refusal(path('none.csv'))).toBe('Cannot read "none.csv": there is no such file or folder.');
    expect(await refusal(path('.'))).toBe('Cannot read "DIR": it is not a plain file.');
    const other = await put('b.csv', 'age,kind\n1,cat\n');
    expect(await refusal(`${file}?label=kind&test=${other}`)).toBe(
      'b.csv has 1 column, age, the training data 2 columns, age, size; they must be the same.',
    );
    const fish = await put('c.csv', 'age,size,kind\n1,2,fish\n');
    expect(await refusal(`${file}?label=kind&test=${fish}`)).toBe(
      'c.csv has a class "fish" that the training data lack; they have cat, dog.',
    );
  });

  it('takes a single row, which cannot be split or scaled', async () => {
    const file = await put('a.csv', 'a,b\n1,2\n');
    const data = await open(file);
    expect([data.train.size, await itemsOf(data, data.train)]).toEqual([1, [[1, 2]]]);
    expect(await refusal(`${file}?test=0.5`)).toContain(
      'test=0.5 of 1 item are 1 to test on and 0 to train on.',
    );
    expect(await refusal(`${file}?normalize=minmax`)).toContain(
      'column "a" is 1, column "b" is 2 in every training item, so normalize=minmax cannot scale that.',
    );
  });

  it('refuses a file that changes while it is read', async () => {
    const file = await put('a.csv', `a,b\n${'1,2\n'.repeat(1000)}`);
    const signal = new AbortController().signal;
    // It is asked before each row is taken.
    signal.throwIfAborted = () => appendFileSync(file, '3,4\n');
    await expect(csv.open(file, { seed: 0, signal })).rejects.toThrow(
      `${file}: the file changed while it was read. Start again when nothing writes to it.`,
    );
  });

  it('gives up a row without end, in little memory', async () => {
    const stream = createWriteStream(path('a.csv'));
    stream.write('a,b\n1,2\n"');
    for (let i = 0; i < 100; i++) if (!stream.write(Buffer.alloc(2 ** 20, '7,'))) await once(stream, 'drain');
    await new Promise((resolve) => stream.end(resolve));
    const before = process.memoryUsage().rss;
    expect(await refusal(path('a.csv'))).toMatch(
      /^a\.csv: a row that begins near line \d+ is longer than 16777216 bytes\. A quotation mark may not be closed/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});
