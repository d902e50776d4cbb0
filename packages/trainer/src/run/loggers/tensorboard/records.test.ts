import { describe, expect, it } from 'vitest';
import { crc32c, tfRecord } from './records.js';

const text = (value: string) => new TextEncoder().encode(value);

describe('crc32c', () => {
  // RFC 3720, appendix B.4; the last is the check value of the polynomial.
  it.each([
    ['32 bytes of 0', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of 255', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['"123456789"', text('123456789'), 0xe3069283],
  ])('of %s is that of the RFC', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

it('a record is length, its masked sum, data, their masked sum', () => {
  const record = tfRecord(text('123456789'));
  const view = new DataView(record.buffer);
  expect(view.getBigUint64(0, true)).toBe(9n);
  expect(new TextDecoder().decode(record.subarray(12, 21))).toBe('123456789');
  // Rotated right by 15 bits, plus the constant of the format.
  const masked = (crc: number) => Number(((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) & 0xffffffffn);
  expect(view.getUint32(21, true)).toBe((masked(0xe3069283) + 0xa282ead8) % 2 ** 32);
  expect(record).toHaveLength(9 + 16);
});
