import { afterEach, describe, expect, it, vi } from 'vitest';
import { canBePlain, plainBuffer } from './plain-memory.js';

const sharedMemory = () => new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });

afterEach(() => {
  vi.doUnmock('node:module');
  vi.resetModules();
});

async function withKoffi(koffi: () => unknown) {
  vi.resetModules();
  vi.doMock('node:module', () => ({ createRequire: () => koffi }));
  return (await import('./plain-memory.js')).canBePlain();
}

describe('shared memory as a plain buffer', () => {
  it('is the same bytes, all of them', () => {
    expect(canBePlain()).toBe(true);
    const memory = sharedMemory();
    const plain = plainBuffer(memory.buffer);
    expect([plain instanceof ArrayBuffer, plain.byteLength]).toEqual([true, 2 * 65_536]);
    new Uint8Array(memory.buffer).set([1, 2], 65_535);
    new Uint8Array(plain)[65_537] = 3;
    expect([...new Uint8Array(plain, 65_535, 3)]).toEqual([1, 2, 3]);
    expect(new Uint8Array(memory.buffer)[65_537]).toBe(3);
  });

  it('is that of a memory which is plain already', () => {
    const memory = new ArrayBuffer(8);
    expect(plainBuffer(memory)).toBe(memory);
  });

  it('is not there without koffi, nor where the runtime forbids it or gives a copy', async () => {
    const absent = () => {
      throw new Error("Cannot find module 'koffi'");
    };
    expect(await withKoffi(absent)).toBe(false);
    const forbidden = () => ({ address: () => 8n, view: absent });
    expect(await withKoffi(forbidden)).toBe(false);
    const copying = () => ({
      address: () => 8n,
      view: (_: bigint, length: number) => new ArrayBuffer(length),
    });
    expect(await withKoffi(copying)).toBe(false);
  });
});
