import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The one version of pnpm that the lock file was written with. */
const PNPM = 'pnpm@12.21.0';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the repository and ends this process with its exit code when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** pnpm from the npm registry: nothing has to be installed beforehand. */
export const pnpm = (...args) => run('npx', ['--yes', PNPM, ...args]);

export const step = (text) => console.log(`\n— ${text}`);

export function install() {
  step('install');
  pnpm('install', '--frozen-lockfile');
}
