import { PassThrough } from 'node:stream';
import { expect } from 'vitest';
import { main } from '../cli.js';

/** Runs `vae` in this process and gives what it printed and its exit code. */
export async function runVae(...argv: string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  process.exitCode = 0;
  await main(argv, streams);
  const code = process.exitCode;
  // The exit code of a command that is to fail is not that of the tests.
  process.exitCode = 0;
  const text = (stream: PassThrough) => stream.read()?.toString() ?? '';
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

/** Runs a command that must succeed; gives its text. */
export async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVae(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}
