import { expect, it } from 'vitest';
import { writeGreys } from './dataset.js';

it('bytes become shares of 255, from their place on, however many', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const greys = Array.from(bytes, (byte) => Math.fround(byte / 255));
  for (const length of [0, 1, 2, 3, 4, 5, 7, 253, 256]) {
    const out = new Float32Array(262).fill(-1);
    writeGreys(bytes.subarray(0, length), out, 3);
    expect([...out]).toEqual([
      ...Array(3).fill(-1),
      ...greys.slice(0, length),
      ...Array(259 - length).fill(-1),
    ]);
  }
});
