import { describe, expect, it, vi } from 'vitest';
import { dataBatch } from './data-batch.js';

// A browser reads no names; Node's platform would take them for files.
vi.mock('#platform', () => import('../platform/web.js'));

const spec = { kind: 'image', shape: [1, 2, 2], layout: 'NCHW' } as const;
const encode = (x: unknown) => dataBatch(x as never, spec as never, 'encode', {});

describe('what stands for an image in a page', () => {
  it.each(['/x.png', ['/x.png'], new URL('https://a.example/x.png')])('is no name: %s', (x) => {
    expect(() => encode(x)).toThrow('only names of files are read, and in Node only; pass the Blob');
  });

  it('is no FileList', () => {
    const files = { 0: {}, length: 1, [Symbol.toStringTag]: 'FileList' };
    expect(() => encode(files)).toThrow(
      'encode: a FileList is no image; pass files[0], or [...files] for all.',
    );
  });
});
