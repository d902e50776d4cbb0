import { describe, expect, it } from 'vitest';
import { littleEndian, ProtobufWriter } from './writer.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const written = (write: (out: ProtobufWriter) => unknown): string => {
  const out = new ProtobufWriter();
  write(out);
  return hex(out.bytes());
};

describe('protocol buffers', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding
  it.each<[string, (out: ProtobufWriter) => unknown, string]>([
    ['field 1, 150', (out) => out.int(1, 150), '089601'],
    ['field 2, "testing"', (out) => out.string(2, 'testing'), '120774657374696e67'],
    [
      'field 3, a message with field 1, 150',
      (out) => out.message(3, (inner) => inner.int(1, 150)),
      '1a03089601',
    ],
    ['field 1, −2', (out) => out.int(1, -2), '08feffffffffffffffff01'],
  ])('%s', (_, write, expected) => {
    expect(written(write)).toBe(expected);
  });

  it.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16_384, '808001'],
    [2 ** 32, '8080808010'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
    [-1, 'ffffffffffffffffff01'],
    [-(2 ** 31), '80808080f8ffffffff01'],
  ])('the whole number %d is %s', (value, expected) => {
    expect(written((out) => out.int(1, value))).toBe(`08${expected}`);
  });

  it('fields above 15 have a tag of two bytes', () => {
    expect(written((out) => out.int(20, 7))).toBe('a00107');
  });

  it('floats are four bytes, the least significant first', () => {
    expect(written((out) => out.float(2, 1.5))).toBe('150000c03f');
    expect(written((out) => out.float(2, 0.1))).toBe('15cdcccc3d');
  });

  it('truth is 0 or 1', () => {
    expect(written((out) => out.bool(1, true).bool(2, false))).toBe('08011000');
  });

  it('text is UTF-8 and counted in bytes', () => {
    expect(written((out) => out.string(1, 'β²'))).toBe('0a04ceb2c2b2');
    expect(written((out) => out.string(1, ''))).toBe('0a00');
  });

  it('a message may be empty or long', () => {
    expect(written((out) => out.message(1, () => {}))).toBe('0a00');
    expect(written((out) => out.raw(1, new Uint8Array(300)))).toBe(`0aac02${'00'.repeat(300)}`);
    expect(hex(new ProtobufWriter().bytes())).toBe('');
  });
});

describe('arrays', () => {
  it('are little-endian', () => {
    expect(hex(littleEndian(Float32Array.of(1, -2)))).toBe('0000803f000000c0');
    expect(hex(littleEndian(BigInt64Array.of(1n, -1n, 258n)))).toBe(
      '0100000000000000ffffffffffffffff0201000000000000',
    );
  });

  it('of 32-bit whole numbers too', () => {
    expect(hex(littleEndian(Int32Array.of(-1, 258)))).toBe('ffffffff02010000');
  });

  it('are copied from a part of a larger one', () => {
    expect(hex(littleEndian(Float32Array.of(9, 1, 9).subarray(1, 2)))).toBe('0000803f');
  });
});
