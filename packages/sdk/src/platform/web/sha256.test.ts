import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256 } from './sha256.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it('gives the digest that the standard gives of "abc"', () => {
  expect(hex(sha256(new TextEncoder().encode('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

it('equals the digest of Node at every length around whole blocks, from any place in a buffer', () => {
  const bytes = Uint8Array.from({ length: 1100 }, (_, i) => (i * 151 + (i >> 3)) % 256);
  for (let length = 0; length <= 200; length++) {
    const part = bytes.subarray(3, 3 + length);
    expect(hex(sha256(part)), `${length} bytes`).toBe(createHash('sha256').update(part).digest('hex'));
  }
  expect(hex(sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
});
