import { realpathSync } from 'node:fs';
import { setupError } from './setup-error.js';
import { findOnPath, type RunTool } from './tool.js';

/** The oldest Python 3 that is used. */
const OLDEST_MINOR = 10;

/** A Python to start an environment from. */
export interface BasePython {
  /** Path of the program, or a version that uv fetches. */
  readonly python: string;
  /** Such as "3.12". */
  readonly version: string;
}

export interface FindPythonOptions {
  readonly run: RunTool;
  /** `VAE_PYTHON` names the Python; `PATH` has the others. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether uv is there, which needs no venv module and fetches a Python where none fits. */
  readonly uv: boolean;
  /** The newest Python 3 that the packages are built for, such as 13. */
  readonly newestMinor: number;
  readonly signal?: AbortSignal;
}

interface Probe extends BasePython {
  readonly minor: number;
  readonly canMakeEnvironments: boolean;
}

const probeScript = `
import sys, json, importlib.util as u
print(json.dumps([list(sys.version_info[:2]), sys.executable, all(map(u.find_spec, ("venv", "ensurepip")))]))
`;

/**
 * The Python that environments are made from: the one that `$VAE_PYTHON` names, else the first on PATH that fits.
 *
 * @throws TrainerError "setup-failed" when none fits or the one that fits has no venv module, saying what to install
 */
export async function findPython(options: FindPythonOptions): Promise<BasePython> {
  const { env, uv, newestMinor } = options;
  if (env.VAE_PYTHON) return namedPython(env.VAE_PYTHON, options);
  const versions = Array.from(
    { length: newestMinor - OLDEST_MINOR + 1 },
    (_, i) => `python3.${newestMinor - i}`,
  );
  const seen = new Set<string>();
  const probes: Probe[] = [];
  for (const name of ['python3', 'python', ...versions]) {
    const path = findOnPath(name, env);
    const probe = path === undefined ? undefined : await look(path, options);
    if (probe === undefined || seen.has(probe.python)) continue;
    seen.add(probe.python);
    if (fits(probe, options) && (uv || probe.canMakeEnvironments)) return probe;
    probes.push(probe);
  }
  if (uv) return { python: `3.${newestMinor - 1}`, version: `3.${newestMinor - 1}` };
  throw missing(probes, options);
}

async function namedPython(name: string, options: FindPythonOptions): Promise<BasePython> {
  const probe = await look(name, options);
  if (probe === undefined)
    throw setupError(`VAE_PYTHON="${name}" is not a Python that runs. ${wanted(options)}`);
  if (!fits(probe, options))
    throw setupError(`VAE_PYTHON="${name}" is Python ${probe.version}. ${wanted(options)}`);
  if (!options.uv && !probe.canMakeEnvironments) throw missing([probe], options);
  return probe;
}

const fits = ({ minor }: Probe, { newestMinor }: FindPythonOptions): boolean =>
  minor >= OLDEST_MINOR && minor <= newestMinor;

const wanted = ({ newestMinor }: FindPythonOptions): string =>
  `Python 3.${OLDEST_MINOR} to 3.${newestMinor} is needed.`;

async function look(path: string, { run, env, signal }: FindPythonOptions): Promise<Probe | undefined> {
  const { code, stdout } = await run(path, ['-I', '-c', probeScript], { env, signal });
  if (code !== 0) return undefined;
  try {
    const [[major, minor], executable, canMakeEnvironments] = JSON.parse(stdout) as [
      [number, number],
      string,
      boolean,
    ];
    return major === 3
      ? { python: realpathSync(executable), version: `3.${minor}`, minor, canMakeEnvironments }
      : undefined;
  } catch {
    return undefined;
  }
}

function missing(probes: readonly Probe[], options: FindPythonOptions) {
  const withoutVenv = probes.find((probe) => fits(probe, options));
  if (withoutVenv) {
    const { python, version } = withoutVenv;
    return setupError(
      `Python ${version} (${python}) cannot make environments: it has no venv module. Debian or Ubuntu: apt-get install ` +
        `python${version}-venv; or install uv (https://docs.astral.sh/uv).`,
    );
  }
  const found = probes.map(({ version, python }) => `Python ${version} (${python})`).join(', ') || 'none';
  return setupError(
    `${wanted(options)} On PATH: ${found}. Debian or Ubuntu: apt-get install python3 python3-venv; Fedora: dnf install ` +
      'python3; or install uv (https://docs.astral.sh/uv), which fetches one. VAE_PYTHON names another.',
  );
}
