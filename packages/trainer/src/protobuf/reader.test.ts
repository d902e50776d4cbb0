import { describe, expect, it } from 'vitest';
import { readFields, readPacked } from './reader.js';
import { ProtobufWriter } from './writer.js';

const fieldsOf = (bytes: Uint8Array) => [...readFields(bytes, 'a.onnx')];
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('the fields of a message', () => {
  it('are those that were written', () => {
    const bytes = new ProtobufWriter()
      .int(1, 150)
      .int(2, -2)
      .string(3, 'β')
      .float(4, 1.5)
      .int(5, 2 ** 53 - 1);
    expect(fieldsOf(bytes.bytes())).toEqual([
      { number: 1, int: 150 },
      { number: 2, int: -2 },
      { number: 3, bytes: bytesOf('ceb2') },
      { number: 4 },
      { number: 5, int: 2 ** 53 - 1 },
    ]);
    expect(fieldsOf(new Uint8Array())).toEqual([]);
  });

  it('of eight bytes are passed over', () => {
    expect(fieldsOf(bytesOf('09000000000000f03f0801'))).toEqual([{ number: 1 }, { number: 1, int: 1 }]);
  });

  it.each([
    ['a number without an end', '08ff'],
    ['a number of eleven bytes', `08${'ff'.repeat(10)}01`],
    ['more text than there is', '0a0561'],
    ['a length beyond all memory', '0affffffffffffffffff01'],
    ['a group', '0b0c'],
    ['field 0', '0001'],
    ['four bytes cut off', '0d0000'],
  ])('%s is no message', (_, hex) => {
    expect(() => fieldsOf(bytesOf(hex))).toThrow(
      expect.objectContaining({
        code: 'bad-file',
        message: expect.stringMatching(/^a\.onnx: cut off or damaged at byte \d+ of a message\.$/),
      }),
    );
  });
});

describe('packed numbers', () => {
  it('stand one behind the other', () => {
    expect(readPacked(bytesOf('01ac02feffffffffffffffff01'), 'a')).toEqual([1, 300, -2]);
    expect(readPacked(new Uint8Array(), 'a')).toEqual([]);
    expect(() => readPacked(bytesOf('01ac'), 'a')).toThrow('a: cut off or damaged at byte 2');
  });
});
