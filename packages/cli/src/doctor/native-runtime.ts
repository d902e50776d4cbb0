import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UsageError } from '@vae/trainer/terminal';
import type { Machine } from './machine.js';

/** Its install script fetches CUDA from outside the npm registry, and ends the whole installation where that fails. */
const withoutScript = { ONNXRUNTIME_NODE_INSTALL: 'skip' };

/** Keepers of a project other than npm, by their lock files. */
const otherManagers: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
};

/** The package in the version that the SDK is tested with. */
export function nativePackage(): string {
  const manifest = JSON.parse(readFileSync(sdkManifest(), 'utf8')) as {
    optionalDependencies?: Record<string, string>;
  };
  return `onnxruntime-node@${manifest.optionalDependencies?.['onnxruntime-node'] ?? 'latest'}`;
}

/** What a user types to get the native runtime. */
export function installCommand(): string {
  return `ONNXRUNTIME_NODE_INSTALL=skip npm i ${nativePackage()}`;
}

/** True where onnxruntime-node has a binary for the machine. */
export function hasNativeBuild({ os, architecture, musl }: Machine): boolean {
  return !musl && !(os === 'darwin' && architecture === 'x64');
}

/** True where onnxruntime-node is installed for the SDK, whether it loads or not. */
export function hasNativePackage(): boolean {
  try {
    createRequire(sdkManifest()).resolve('onnxruntime-node/package.json');
    return true;
  } catch {
    return false;
  }
}

export interface InstallOptions {
  /** File of the SDK's package.json, which tells the project. */
  readonly from?: string;
  readonly npm?: string;
}

/**
 * Installs onnxruntime-node with npm, into the project that holds the SDK, or globally where the SDK is global.
 *
 * @throws UsageError when the project is another package manager's, or npm fails
 */
export async function installNativePackage({
  from = sdkManifest(),
  npm = 'npm',
}: InstallOptions = {}): Promise<void> {
  const folder = projectOf(from);
  if (folder === undefined) {
    throw new UsageError(
      `@vae/sdk lies in no node_modules folder, so nothing is installed; run: ${installCommand()}`,
    );
  }
  const other = Object.keys(otherManagers).find((lock) => existsSync(join(folder, lock)));
  if (other !== undefined) {
    throw new UsageError(
      `"${folder}" is kept by ${otherManagers[other]}; run there: ` +
        `ONNXRUNTIME_NODE_INSTALL=skip ${otherManagers[other]} add ${nativePackage()}`,
    );
  }
  const everywhere = existsSync(join(folder, 'package.json')) ? [] : ['--global'];
  const code = await run(npm, ['install', ...everywhere, nativePackage()], folder);
  if (code !== 0)
    throw new UsageError(`npm could not install ${nativePackage()} (exit code ${code}); see above.`);
}

/** The folder whose node_modules a package lies in; undefined for a package that is its own checkout. */
export function projectOf(manifest: string): string | undefined {
  const [folder, ...rest] = manifest.split(/[\\/]node_modules[\\/]/);
  return rest.length > 0 ? folder : undefined;
}

function run(file: string, words: string[], cwd: string): Promise<number> {
  return new Promise((settle, reject) => {
    // npm's messages belong on stderr here; on Windows npm is a script, which only a shell starts.
    const child = spawn(file, words, {
      cwd,
      env: { ...process.env, ...withoutScript },
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    child.on('error', (cause) => reject(new UsageError(`npm did not start: ${cause.message}.`, { cause })));
    child.on('close', (code) => settle(code ?? -1));
  });
}

function sdkManifest(): string {
  return createRequire(import.meta.url).resolve('@vae/sdk/package.json');
}
