import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheRoot } from '../files/cache-root.js';
import { sameJson } from '../same-json.js';
import { makeOnce, size } from './make-once.js';
import { type BasePython, findPython } from './python.js';
import { checkGivenPython } from './python-given.js';
import { toolError } from './setup-error.js';
import { findOnPath, type RunTool, runTool, type ToolOptions } from './tool.js';

export interface PythonEnvironmentOptions {
  /** Lower-case letters and dashes, such as "tensorflow". */
  readonly name: string;
  /** Pinned, as pip writes them: "numpy==2.4.6", also with a marker behind a semicolon. */
  readonly requirements: readonly string[];
  /** The newest Python 3 that the packages are built for; 13. */
  readonly newestMinor?: number;
  /** About what it downloads and takes on the disk, in bytes. */
  readonly bytes?: { readonly download: number; readonly installed: number };
  /** Make it anew although it is there. */
  readonly rebuild?: boolean;
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** What starts programs; for tests. */
  readonly run?: RunTool;
  readonly env?: NodeJS.ProcessEnv;
}

export interface PythonEnvironment {
  /** Absolute path of the environment's Python. Start it with `-I`, so that the user's PYTHONPATH does not get in. */
  readonly python: string;
  readonly folder: string;
}

/** Written last; says what the folder is. */
const MARK = 'environment.json';

interface Mark {
  readonly requirements: readonly string[];
  /** The Python it was made from, links resolved. It has no life of its own. */
  readonly base: string;
}

/**
 * A Python with some packages, in an environment of its own in the cache folder; made once, by uv where that is on PATH,
 * else by venv and pip. One that is there is found without starting a Python.
 *
 * `$VAE_PYTHON` names the Python to start from. `$VAE_<NAME>_PYTHON` (`VAE_TENSORFLOW_PYTHON` for the name "tensorflow")
 * names a Python that has the packages already and is used instead.
 *
 * @throws TrainerError "setup-failed": no fitting Python, no venv, no network, no room, packages that are missing in
 *   `$VAE_<NAME>_PYTHON`; the signal's reason
 * @example
 * const { python } = await pythonEnvironment({ name: 'onnx', requirements: ['onnx==1.23.2'] });
 */
export async function pythonEnvironment(options: PythonEnvironmentOptions): Promise<PythonEnvironment> {
  const { name, requirements, newestMinor = 13, run = runTool, env = process.env, ...rest } = options;
  const { rebuild, onNote, signal, bytes } = rest;
  const variable = `VAE_${name.toUpperCase().replaceAll('-', '_')}_PYTHON`;
  const given = env[variable];
  if (given) return checkGivenPython({ variable, python: given, requirements, run, env, signal, onNote });
  const ready = rebuild ? undefined : findEnvironment(name, requirements, env);
  if (ready) return ready;

  const uv = findOnPath('uv', env);
  const base = await findPython({ run, env, uv: uv !== undefined, newestMinor, signal });
  const folder = join(cacheRoot(undefined, env), folderName(name, requirements, base));
  return makeOnce(resolve(folder), {
    find: () => readEnvironment(resolve(folder), requirements),
    needs: (bytes?.installed ?? 0) + (bytes?.download ?? 0),
    rebuild,
    onNote,
    signal,
    build: async (part) => {
      const about = bytes ? `: downloads about ${size(bytes.download)}, takes ${size(bytes.installed)}` : '';
      onNote?.(`Python ${base.version} environment "${name}", by ${uv ? 'uv' : 'venv and pip'}${about}`);
      const tool = { run, env, signal, onLine: downloadsOnly(onNote) };
      await (uv
        ? makeWithUv(uv, part, base, requirements, tool)
        : makeWithPip(part, base, requirements, tool));
      const mark: Mark = { requirements, base: realpathSync(programIn(part)) };
      writeFileSync(join(part, MARK), JSON.stringify(mark));
    },
  });
}

/**
 * The environment of a name and these requirements, where it is ready; of several, made from several Pythons, the last made.
 * Reads a folder and small files.
 *
 * Where `$VAE_PYTHON` is set, one made from another Python is not it.
 */
export function findEnvironment(
  name: string,
  requirements: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): PythonEnvironment | undefined {
  const root = resolve(cacheRoot(undefined, env));
  const start = `python-${name}-`;
  return entriesOf(root)
    .filter((entry) => entry.startsWith(start) && /^[0-9a-f]{12}$/.test(entry.slice(start.length)))
    .map((entry) => readEnvironment(join(root, entry), requirements, env.VAE_PYTHON))
    .filter((found) => found !== undefined)
    .sort((a, b) => madeMs(b) - madeMs(a))[0];
}

const madeMs = ({ folder }: PythonEnvironment): number => statSync(join(folder, MARK)).mtimeMs;

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readEnvironment(
  folder: string,
  requirements: readonly string[],
  wantedBase?: string,
): PythonEnvironment | undefined {
  try {
    const mark = JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as Mark;
    const python = programIn(folder);
    const whole =
      sameJson(mark.requirements, requirements) &&
      // Where the system's Python was replaced by the next version, the link leads to one without these packages.
      realpathSync(python) === mark.base &&
      (!wantedBase || realpathSync(wantedBase) === mark.base);
    return whole ? { python, folder } : undefined;
  } catch {
    return undefined;
  }
}

function folderName(name: string, requirements: readonly string[], { version }: BasePython): string {
  const hash = createHash('sha256').update(JSON.stringify([version, ...requirements]));
  return `python-${name}-${hash.digest('hex').slice(0, 12)}`;
}

const programIn = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

type Tool = { readonly run: RunTool } & Pick<ToolOptions, 'signal' | 'onLine'> & {
    readonly env: NodeJS.ProcessEnv;
  };

async function makeWithUv(
  uv: string,
  folder: string,
  { python }: BasePython,
  requirements: readonly string[],
  { run, ...tool }: Tool,
): Promise<void> {
  const made = await run(uv, ['venv', '--quiet', '--python', python, folder], tool);
  if (made.code !== 0) throw toolError('uv could not make a Python environment', made);
  const words = ['pip', 'install', '--python', programIn(folder), '--only-binary', ':all:', ...requirements];
  const installed = await run(uv, words, tool);
  if (installed.code !== 0) throw toolError(`uv could not install ${few(requirements)}`, installed);
}

async function makeWithPip(
  folder: string,
  { python }: BasePython,
  requirements: readonly string[],
  { run, ...tool }: Tool,
): Promise<void> {
  const made = await run(python, ['-I', '-m', 'venv', folder], tool);
  if (made.code !== 0) throw toolError(`${python} could not make an environment`, made);
  // pip downloads into a temporary folder first, and that of the system may be small.
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  const quiet = ['--no-input', '--disable-pip-version-check', '--no-cache-dir', '--progress-bar', 'off'];
  const words = ['-m', 'pip', 'install', ...quiet, '--only-binary', ':all:', ...requirements];
  const installed = await run(programIn(folder), ['-I', ...words], {
    ...tool,
    env: { ...tool.env, TMPDIR: scratch, PIP_USER: '0' },
  });
  if (installed.code !== 0) throw toolError(`pip could not install ${few(requirements)}`, installed);
  rmSync(scratch, { recursive: true, force: true });
}

/** Names the first, which is the one that the others are for. */
const few = ([first, ...others]: readonly string[]): string =>
  others.length === 0 ? first! : `${first} and ${others.length} more`;

/** Of an installer's lines those that say what is downloaded, where that takes a while. */
function downloadsOnly(onNote: ((text: string) => void) | undefined): (line: string) => void {
  return (line) => {
    const found = /^\s*Downloading (\S+).* \(([\d.]+ ?[MG]i?B)/.exec(line);
    if (found) onNote?.(`  downloading ${found[1].split('/').at(-1)} (${found[2]})`);
  };
}
