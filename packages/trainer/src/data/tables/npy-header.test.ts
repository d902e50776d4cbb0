import { encodeNpy } from '@vae/sdk/media';
import { expect, it } from 'vitest';
import { npyHeaderOf, parseNpyHeader } from './npy-header.js';

it.each([[[]], [[3]], [[2, 3]], [[0, 7]], [Array(40).fill(1)]])('the header of an array of %j', (shape) => {
  const size = shape.reduce((product: number, length: number) => product * length, 1);
  const data = new Float32Array(size);
  const header = npyHeaderOf(shape);
  expect(Buffer.concat([header, new Uint8Array(data.buffer)])).toEqual(
    Buffer.from(encodeNpy({ data, shape })),
  );
  const read = parseNpyHeader(header, header.length + 4 * size, 'a.npy');
  expect(read).toMatchObject({ shape, start: header.length, type: { name: 'f4', little: true } });
});
