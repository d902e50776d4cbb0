import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { otherCache, setupError } from '../setup-error.js';
import { findOnPath } from '../tool.js';

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: NodeJS.ProcessEnv;
}

const instead = 'Train with --engine ort here, which needs no set-up.';

/**
 * Refuses what cannot become a tfjs-node: systems other than Linux, and missing compilers.
 *
 * @throws TrainerError "setup-failed" saying what to install or to do instead
 */
export function assertCanBuild({ gpu }: { gpu: boolean }, { platform, arch, env }: Machine): void {
  if (platform === 'win32')
    throw setupError(
      `tfjs-node cannot be set up on Windows itself; use Linux in WSL 2 (wsl --install). ${instead}`,
    );
  if (platform !== 'linux')
    throw setupError(
      `tfjs-node is set up on Linux only; on ${platform} this has never been tried. ${instead}`,
    );
  if (arch !== 'x64' && arch !== 'arm64')
    throw setupError(`TensorFlow has no builds for Linux on ${arch}. ${instead}`);
  if (gpu && arch !== 'x64')
    throw setupError(`TensorFlow has CUDA builds for Linux on x64 only, not on ${arch}; leave out --gpu.`);
  const compiler = env.CXX?.split(' ')[0] || 'g++';
  const missing = [compiler, 'make'].filter(
    (name) => !(name.includes('/') ? existsSync(name) : findOnPath(name, env)),
  );
  if (missing.length > 0)
    throw setupError(
      `tfjs-node is built from its sources, which needs ${missing.join(' and ')}; not on PATH. Debian or Ubuntu: apt-get ` +
        'install g++ make; Fedora: dnf install gcc-c++ make.',
    );
}

/** What make, the shell and the dynamic linker split a path at. */
const separators = /[\s'"`$#:;&|()<>*?!\\]/;

/**
 * Refuses folders that node-gyp's makefiles cannot be in.
 *
 * @throws TrainerError "setup-failed"
 */
export function assertPlainPath(folder: string): void {
  const found = separators.exec(folder)?.[0];
  if (found === undefined) return;
  throw setupError(
    `"${folder}" has ${found === ' ' ? 'a space' : JSON.stringify(found)} in its name, and node-gyp cannot build with that. ` +
      otherCache,
  );
}

/** The npm that belongs to the running Node, else the one on PATH. */
export function findNpm(env: NodeJS.ProcessEnv): string {
  const beside = join(dirname(process.execPath), 'npm');
  const npm = existsSync(beside) ? beside : findOnPath('npm', env);
  if (npm) return npm;
  throw setupError('npm is not on PATH; install it (it comes with Node from https://nodejs.org).');
}

/** Folder whose `include/node` has the running Node's headers; undefined where node-gyp must fetch them. */
export function findHeaders(
  execPath = process.execPath,
  version = process.versions.node,
): string | undefined {
  const prefix = dirname(dirname(realpathSync(execPath)));
  try {
    const text = readFileSync(join(prefix, 'include', 'node', 'node_version.h'), 'utf8');
    const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(text)?.[1];
    return major === version.split('.')[0] ? prefix : undefined;
  } catch {
    return undefined;
  }
}
