import { PassThrough } from 'node:stream';
import { main } from '../cli.js';

/** Runs `vae` in this process and gives what it printed and its exit code. */
export async function runVae(...argv: string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  process.exitCode = 0;
  await main(argv, streams);
  const text = (stream: PassThrough) => stream.read()?.toString() ?? '';
  return { code: process.exitCode, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}
