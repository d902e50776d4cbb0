import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { outputFormat } from './output-path.js';

const all = ['png', 'gif', 'npy', 'folder'] as const;

it.each([
  ['a.png', 'png'],
  ['b/c.GIF', 'gif'],
  ['x.npy', 'npy'],
  ['out', 'folder'],
  ['out.d/', 'folder'],
  ['.hidden', 'folder'],
  [tmpdir(), 'folder'],
])('%s means %s', (path, format) => {
  expect(outputFormat(path, all)).toBe(format);
});

it.each(['walk.mp4', '-', ''])('refuses "%s"', (path) => {
  expect(() => outputFormat(path, all)).toThrow(
    `-o "${path}" names no format that can be written here; end it in .png, .gif, .npy, or in / for a folder.`,
  );
});

it('refuses a format that the command does not write', () => {
  expect(() => outputFormat('z', ['npy', 'csv'])).toThrow(
    '-o "z" names no format that can be written here; end it in .npy, .csv.',
  );
});

it('refuses a path through a file', () => {
  expect(() => outputFormat('/dev/null/a.png', all)).toThrow(
    'Cannot write "/dev/null/a.png": a part of the path is a file, not a folder.',
  );
});
