import { createHash } from 'node:crypto';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { isSealed, isWhole, sealedZip } from './seal.js';

const files = { 'a.txt': strToU8('some text'), 'b.txt': strToU8('more') };
const sealed = sealedZip(files);

it('a sealed file is a zip file whose last comment is the checksum of all the rest', () => {
  expect(unzipSync(sealed)).toEqual(files);
  const text = Buffer.from(sealed).toString('latin1');
  const [, digits] = /sha256:([0-9a-f]{64})PK/.exec(text)!;
  const rest = Buffer.from(text.replace(digits!, ''), 'latin1');
  expect(createHash('sha256').update(rest).digest('hex')).toBe(digits);
});

it('a file that was never sealed is not whole', () => {
  for (const bytes of [zipSync(files), new Uint8Array(0), sealed.slice(0, 40)])
    expect([isSealed(bytes), isWhole(bytes)]).toEqual([false, false]);
});

it('every single bit counts', () => {
  expect([isSealed(sealed), isWhole(sealed)]).toEqual([true, true]);
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const damaged = Uint8Array.from(sealed);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    expect(isWhole(damaged), `bit ${bit}`).toBe(false);
  }
});
