import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeNpz, encodeNpy, encodeNpz } from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('NPZ', () => {
  const tensors = {
    mean: { data: Float32Array.of(1, 2), shape: [1, 2] },
    z: { data: Float32Array.of(3), shape: [1] },
  };

  it('keeps named tensors, stored and deflated', () => {
    expect(decodeNpz(encodeNpz(tensors))).toEqual(tensors);
    expect(encodeNpz(tensors)).toEqual(encodeNpz(tensors));
    expect(decodeNpz(zipSync({ 'z.npy': encodeNpy(tensors.z) }, { level: 9 }))).toEqual({ z: tensors.z });
  });

  it('refuses names with slashes and files that are no archive', () => {
    expect(() => encodeNpz({ '../x': tensors.z })).toThrow("'../x' cannot be a name");
    expect(() => decodeNpz(bytes(1, 2, 3), 'a.npz')).toThrow('a.npz: not a readable .npz file');
    expect(() => decodeNpz(zipSync({ 'a.txt': bytes(1) }), 'a.npz')).toThrow(
      "a.npz 'a.txt': not a .npy file",
    );
  });

  it('refuses an archive whose bytes have changed', () => {
    const archive = encodeNpz({ z: tensors.z });
    // The last number stands before the list of files.
    archive[Buffer.from(archive).indexOf('PK\x01\x02', 0, 'latin1') - 1]! ^= 1;
    expect(() => decodeNpz(archive, 'a.npz')).toThrow(
      'a.npz: not a readable .npz file: the bytes of z.npy do not have its checksum',
    );
  });
});
