import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createOutput } from './output.js';

function captured(json: boolean) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = createOutput({ json, streams });
  output.note('working');
  output.result({ count: 2 }, 'wrote 2 files');
  return { stdout: streams.stdout.read()?.toString(), stderr: streams.stderr.read()?.toString() };
}

it('prints the text on stdout and notes on stderr', () => {
  expect(captured(false)).toEqual({ stdout: 'wrote 2 files\n', stderr: 'working\n' });
});

it('keeps a name in a note from steering the terminal', () => {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  createOutput({ streams }).note('  read a\u001b[2Jb.png');
  expect(streams.stderr.read()?.toString()).toBe('  read a\\x1b[2Jb.png\n');
});

it('prints nothing but one JSON object on stdout with --json', () => {
  expect(captured(true)).toEqual({ stdout: '{"count":2}\n', stderr: 'working\n' });
});
