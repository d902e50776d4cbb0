import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.js';
import { unzip } from './unzip.js';

const files = { 'a.txt': strToU8('123456789'), 'b.bin': Uint8Array.from({ length: 300 }, (_, i) => i % 7) };

/** With the wide end (4.3.14 and 4.3.15), which says where the list begins in the place of the narrow one. */
function withWideEnd(archive: Uint8Array): Uint8Array {
  const end = archive.length - 22;
  const narrow = new DataView(archive.slice(end).buffer);
  const wide = new DataView(new ArrayBuffer(56 + 20));
  wide.setUint32(0, 0x06064b50, true);
  wide.setUint32(4, 44, true);
  for (const at of [24, 32]) wide.setUint32(at, narrow.getUint16(8, true), true);
  wide.setUint32(40, narrow.getUint32(12, true), true);
  wide.setUint32(48, narrow.getUint32(16, true), true);
  wide.setUint32(56, 0x07064b50, true);
  wide.setUint32(64, end, true);
  wide.setUint32(72, 1, true);
  for (const at of [12, 16]) narrow.setUint32(at, 0xffffffff, true);
  return Buffer.concat([archive.subarray(0, end), Buffer.from(wide.buffer), Buffer.from(narrow.buffer)]);
}

function unpacked(archive: Uint8Array): Uint8Array | 'refused' {
  try {
    return unzip(archive)['b.bin']!;
  } catch {
    return 'refused';
  }
}

const isRefusedOrWhole = (found: Uint8Array | 'refused'): boolean =>
  found === 'refused' || Buffer.compare(found, files['b.bin']) === 0;

describe('unzip', () => {
  it('has the checksum that others have', () => {
    // The check value of CRC-32/ISO-HDLC.
    expect(crc32(files['a.txt'])).toBe(0xcbf43926);
  });

  it('unpacks what is stored and what is packed, behind comments, and by a wide end', () => {
    const packed = zipSync({ 'a.txt': [files['a.txt'], { comment: 'PK' }], 'b.bin': files['b.bin'] });
    for (const archive of [packed, zipSync(files, { level: 0 }), withWideEnd(packed)])
      expect(unzip(archive)).toEqual(files);
    expect(unzip(packed, ({ name }) => name === 'b.bin')).toEqual({ 'b.bin': files['b.bin'] });
  });

  it.each([0, 9] as const)('gives no other bytes, whichever bit is changed (level %i)', (level) => {
    const archive = zipSync({ 'b.bin': [files['b.bin'], { level }] });
    const start = 30 + 'b.bin'.length;
    const list = Buffer.from(archive).indexOf('PK\x01\x02', 0, 'latin1');
    expect(list).toBeGreaterThan(start);
    for (let bit = 8 * start; bit < 8 * list; bit++) {
      const damaged = archive.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      // Some bits of packed bytes mean nothing, such as those behind the last code.
      expect(unpacked(damaged)).toSatisfy(isRefusedOrWhole);
    }
    const damaged = archive.slice();
    // The checksum itself, in the list.
    damaged[list + 16]! ^= 1;
    expect(() => unzip(damaged)).toThrow(
      'the bytes of b.bin do not have its checksum, CRC-32; the file is damaged',
    );
    expect(unzip(damaged, () => false)).toEqual({});
  });
});
