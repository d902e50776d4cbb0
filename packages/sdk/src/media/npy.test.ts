import { describe, expect, it } from 'vitest';
import { decodeNpy, encodeNpy } from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('NPY', () => {
  it('writes the documented format', () => {
    const file = encodeNpy({ data: Float32Array.of(1, -2), shape: [2] });
    expect([...file.subarray(0, 10)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    const header = new TextDecoder().decode(file.subarray(10, 128));
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2,\), \} *\n$/);
    expect([...file.subarray(128)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it.each([[[]], [[0]], [[3]], [[2, 0, 5]], [[2, 3, 4]]])('keeps tensors of shape %j', (shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const tensor = { data: Float32Array.from({ length: size }, (_, i) => i / 3), shape };
    expect(decodeNpy(encodeNpy(tensor))).toEqual(tensor);
    expect(encodeNpy(tensor).length % 64).toBe((4 * size) % 64);
  });

  const npy = (descr: string, shape: string, data: ArrayBufferView, version = 1, order = 'False') => {
    const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}}\n`;
    const length = version === 1 ? [header.length, 0] : [header.length, 0, 0, 0];
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return bytes(
      0x93,
      0x4e,
      0x55,
      0x4d,
      0x50,
      0x59,
      version,
      0,
      ...length,
      ...new TextEncoder().encode(header),
      ...raw,
    );
  };

  it.each<[string, ArrayBufferView]>([
    ['<f8', Float64Array.of(1, 2, 3)],
    ['<i8', BigInt64Array.of(1n, 2n, 3n)],
    ['<u8', BigUint64Array.of(1n, 2n, 3n)],
    ['<i4', Int32Array.of(1, 2, 3)],
    ['<u4', Uint32Array.of(1, 2, 3)],
    ['<i2', Int16Array.of(1, 2, 3)],
    ['<u2', Uint16Array.of(1, 2, 3)],
    ['|u1', Uint8Array.of(1, 2, 3)],
    ['|i1', Int8Array.of(1, 2, 3)],
  ])('reads %s in versions 1 to 3', (descr, data) => {
    for (const version of [1, 2, 3]) {
      expect(decodeNpy(npy(descr, '(3,)', data, version))).toEqual({
        data: Float32Array.of(1, 2, 3),
        shape: [3],
      });
    }
  });

  it.each<[string, Uint8Array]>([
    // NumPy 2.4: np.array([1, -2, 3], dtype).tobytes()
    ['<f2', bytes(0, 0x3c, 0, 0xc0, 0, 0x42)],
    ['>f2', bytes(0x3c, 0, 0xc0, 0, 0x42, 0)],
    ['>f4', bytes(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0x40, 0x40, 0, 0)],
    ['>i2', bytes(0, 1, 0xff, 0xfe, 0, 3)],
    ['>i4', bytes(0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 3)],
  ])('reads %s', (descr, data) => {
    expect(decodeNpy(npy(descr, '(3,)', data)).data).toEqual(Float32Array.of(1, -2, 3));
  });

  it.each<[Uint8Array, string]>([
    [bytes(1, 2, 3), 'not a .npy file'],
    [npy('<f4', '(3,)', Float32Array.of(1, 2)), "shape [3] of '<f4' needs 78 bytes, the file has 74"],
    [npy('<f4', '(1,)', Float32Array.of(1, 2)), 'the file has'],
    [npy('<f1', '(4,)', bytes(1, 2, 3, 4)), "type '<f1'; readable are f2, f4, f8, i1"],
    [npy('<c8', '(1,)', Float32Array.of(1, 2)), "type '<c8'"],
    [npy('|O', '(1,)', bytes(1)), 'header needs a plain descr'],
    [npy('<f4', '(1, 2)', Float32Array.of(1, 2), 1, 'True'), 'Fortran order'],
    [npy('<f4', '(99999999, 99999999, 99999999)', Float32Array.of(1)), 'more than 2^31 - 1 elements'],
    [npy('<f4', '(-2,)', Float32Array.of(1)), 'header needs a plain descr'],
    [npy('<f4', '(2,)', Float32Array.of(1, 2), 4), '.npy version 4'],
    [npy('<f4', '(2,)', Float32Array.of(1, 2)).slice(0, 20), 'in a file of 20 bytes'],
  ])('refuses a bad file (%#)', (file, text) => {
    expect(() => decodeNpy(file, 'a.npy')).toThrow(text);
  });
});
