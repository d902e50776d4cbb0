import { utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { jsonl } from './jsonl.js';
import { dataFolder, itemsOf } from './testing/data-folder.js';

const { put, open, refusal } = dataFolder(jsonl);

describe('jsonl', () => {
  it('reads lists and objects', async () => {
    const lists = await open(await put('a.jsonl', '\ufeff[1,2]\r\n\r\n[3,4.5]'));
    expect([lists.columns, await itemsOf(lists, lists.train)]).toEqual([
      ['value[0]', 'value[1]'],
      [
        [1, 2],
        [3, 4.5],
      ],
    ]);
    const text = '{"v":[1,2],"on":true,"topic":"a"}\n{"topic":"b","on":false,"v":[3,4]}\n';
    const objects = await open(`${await put('b.jsonl', text)}?label=topic`);
    expect([objects.columns, objects.classes, await itemsOf(objects, objects.train)]).toEqual([
      ['v[0]', 'v[1]', 'on'],
      ['a', 'b'],
      [
        [1, 2, 1],
        [3, 4, 0],
      ],
    ]);
    const one = await open(`${await put('c.jsonl', '{"a":1,"b":"x"}\n{"a":2,"c":3}\n')}?columns=a`);
    expect(await itemsOf(one, one.train)).toEqual([[1], [2]]);
  });

  it.each([
    ['', 'there are no items in it.'],
    ['[1,2]\n[1,2', 'line 2 is not JSON ('],
    [
      '[\n  [1, 2]\n]\n',
      'line 1 is not JSON (Unexpected end of JSON input). Write each item as a list or an object on a line of its own.',
    ],
    ['[1,2]\n7\n', 'line 2 is neither a list nor an object.'],
    ['[]\n', 'line 1 holds no numbers.'],
    ['{}\n', 'line 1 has no fields.'],
    [
      '[1,2]\n[1]\n',
      'field "value" of line 2 is a list of 1, expected a list of 2 numbers. Leave such records out with bad=skip.',
    ],
    [
      '[1,2]\n{"value":3}\n',
      'field "value" of line 2 is 3, expected a list of 2 numbers. Every line must be such a list.',
    ],
    [
      '{"a":1,"b":"x","c":[1],"d":[2,"y"],"e&f":{}}\n',
      'field "b" of line 1 is "x", expected a number; 3 fields hold something else, b, d, e&f. Leave those out with drop=b,d,e%26f, or make one of them the label with label=NAME.',
    ],
    [
      '{"v":[1],"k":2}\n{"v":3,"k":2}\n',
      'field "v" of line 2 is 3, expected a list of 1 number. Leave the field out with drop=v, or make it the label with label=v.',
    ],
    ['[1,2]\n[1,"2"]\n', 'field "value" of line 2 is "2", expected a number.'],
    ['[1,2]\n[1,[2]]\n', 'field "value" of line 2 is a list, expected a number.'],
    [
      '[1,2]\n[1,null]\n',
      'value[1] of line 2 is null, expected a finite number. Leave such records out with bad=skip.',
    ],
    ['[1,2]\n[1,1e39]\n', 'value[1] of line 2 is 1e+39, expected a finite number.'],
    ['{"a":1}\n{"b":1}\n', 'a of line 2 is missing, expected a finite number.'],
    ['{"a":1}\n{"a":1,"b":1}\n', 'line 2 has the fields a, b, more than the 1 of the first.'],
    ['{"a":1}\n{"__proto__":1}\n', 'a of line 2 is missing'],
  ])('refuses %j', async (text, message) => {
    expect(await refusal(await put('a.jsonl', text))).toContain(`a.jsonl: ${message}`);
  });

  it('leaves records with missing numbers or lists of another length out where asked', async () => {
    const notes: string[] = [];
    const text = '[1,2]\n[1]\n[1,null]\n[3,4]\n';
    const data = await open(`${await put('a.jsonl', text)}?bad=skip`, notes);
    expect(await itemsOf(data, data.train)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(notes).toEqual([
      'a.jsonl: 2 of 4 records are left out; the first: field "value" of line 2 is a list of 1.',
    ]);
    expect(await refusal(`${await put('a.jsonl', '[null]\n')}?bad=skip`)).toBe(
      'a.jsonl: all 1 records would be left out; the first: value[0] of line 1 is null.',
    );
    expect(await refusal(`${await put('a.jsonl', '{"a":1,"b":2}\n')}?columns=b,b`)).toBe(
      'a.jsonl: columns names "b" twice; name it once.',
    );
  });

  it('refuses a file that changes while it is read', async () => {
    const file = await put('a.jsonl', '[1,2,3,4]\n'.repeat(400_000));
    let done = false;
    const reading = refusal(file).finally(() => {
      done = true;
    });
    for (let second = 1; !done; second++) await utimes(file, second, second);
    expect(await reading).toBe(
      'a.jsonl: the file changed while it was read. Start again when nothing writes to it.',
    );
  });

  it('refuses a line in another encoding', async () => {
    const file = await put('a.jsonl', Buffer.from('{"a":1}\n{"\u00e9":1}\n', 'latin1'));
    expect(await refusal(file)).toBe('a.jsonl: line 2 is not UTF-8; save the file as UTF-8.');
  });

  it('gives up a line without end', async () => {
    const file = await put('a.jsonl', `[1]\n[${'1,'.repeat(9_000_000)}`);
    expect(await refusal(file)).toBe('a.jsonl: line 2 is longer than 16777216 bytes.');
  });
});
