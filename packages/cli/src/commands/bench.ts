import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, type Streams, UsageError } from '@vae/trainer/terminal';

/** The benchmarks of a source checkout; they are no part of the published package. */
export function findBenchmarks(from: string): string | undefined {
  const file = join(from, 'bench', 'run.mjs');
  if (existsSync(file)) return file;
  const parent = dirname(from);
  return parent === from ? undefined : findBenchmarks(parent);
}

/** `vae bench` is `node bench/run.mjs`, with all its words. */
export async function run(argv: string[], streams: Streams): Promise<void> {
  const code = await runCommand(async () => {
    const file = findBenchmarks(dirname(fileURLToPath(import.meta.url)));
    if (file === undefined)
      throw new UsageError(
        'bench: the benchmarks come with the source of @vae, not with its packages. Run vae bench in a checkout.',
      );
    const child = spawn(process.execPath, [file, ...argv], { stdio: 'inherit' });
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) process.exitCode = status ?? 1;
  }, streams);
  if (code !== 0) process.exitCode = code;
}
