import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const vae = join(root, 'packages/cli/bin/vae.js');
export const vaeTrain = join(root, 'packages/trainer/bin/vae-train.js');

/** Full counts instead of a few: `npm run test:long`. */
export const long = process.env.VAE_TEST_LONG === '1';

/** A Python with test/python/requirements.txt in it. */
export const python = [process.env.VAE_TEST_PYTHON, join(root, '.cache/python/bin/python')].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
);

/** A folder with MNIST's four files; the drawn digits take its place where it is absent. */
export const mnist = process.env.VAE_TEST_MNIST || undefined;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and waits for it, whatever its exit code. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  return new Promise<Outcome>((settle, reject) => {
    const child = spawn(file, args, { ...options, env: { ...process.env, ...options.env }, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => settle({ code: code ?? -1, stdout, stderr }));
  });
}

export const node = (args: readonly string[], options?: Parameters<typeof run>[2]) =>
  run(process.execPath, args, options);

/** The object that a command printed with `--json`. */
export const lastJson = ({ stdout }: Outcome): Record<string, never> =>
  JSON.parse(stdout.trim().split('\n').at(-1)!);

/** Runs `use` with an empty folder that is gone afterwards. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'vae-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An empty folder, for tests that share it; `remove` ends it. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'vae-test-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
