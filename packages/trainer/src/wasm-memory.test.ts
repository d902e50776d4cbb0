import { describe, expect, it } from 'vitest';
import { wasmMemory } from './wasm-memory.js';

describe('a memory for WebAssembly', () => {
  it('has as many pages as were asked for', () => {
    expect(wasmMemory({ initial: 2 }).buffer.byteLength).toBe(2 * 65_536);
    expect(wasmMemory({ initial: 1, maximum: 1, shared: true }).buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('that there is not is an error that says what to do', () => {
    // More than any memory may have
    expect(() => wasmMemory({ initial: 2 ** 17 })).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'engine-failed',
        message: expect.stringMatching(/^WebAssembly got no memory of 8388608 KiB\. Free some; .*ulimit -v/),
      }),
    );
  });
});
