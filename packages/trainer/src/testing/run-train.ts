import { PassThrough } from 'node:stream';
import { main } from '../command/index.js';

/** `vae-train` in the test's own process: its exit code and what it wrote. */
export async function runTrain(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  process.exitCode = undefined;
  await main(argv, { stdout, stderr });
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
