import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PythonEnvironment } from './python-environment.js';
import { setupError } from './setup-error.js';
import type { RunTool } from './tool.js';

export interface GivenPython {
  /** Name of the environment variable, for messages. */
  readonly variable: string;
  readonly python: string;
  readonly requirements: readonly string[];
  readonly run: RunTool;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly onNote?: (text: string) => void;
}

// The environment's folder, the minor version of Python, and versions by name, null for what is not installed.
const probeScript = `
import sys, json
from importlib import metadata
def version(name):
    try: return metadata.version(name)
    except metadata.PackageNotFoundError: return None
print(json.dumps([sys.prefix, sys.version_info[1], {name: version(name) for name in sys.argv[1:]}]))
`;

/** Builds of one package under several names. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'tensorflow-cpu': ['tensorflow'],
  tensorflow: ['tensorflow-cpu'],
};

/**
 * A Python that the user says has the packages. Another version of one is noted and used; a missing one is an error.
 *
 * @throws TrainerError "setup-failed" when it does not run or lacks a package
 */
export async function checkGivenPython(given: GivenPython): Promise<PythonEnvironment> {
  const { variable, python, run, env, signal, onNote } = given;
  const requirements = given.requirements.map(parseRequirement);
  const names = requirements.flatMap(({ name }) => [name, ...(otherNames[name] ?? [])]);
  if (!existsSync(python)) throw setupError(`${variable}="${python}": there is no such file.`);
  const outcome = await run(resolve(python), ['-I', '-c', probeScript, ...names], { env, signal });
  if (outcome.code !== 0) throw setupError(`${variable}="${python}" is not a Python that runs.`);
  const [folder, minor, versions] = JSON.parse(outcome.stdout) as Answer;
  const installed = (name: string) =>
    [name, ...(otherNames[name] ?? [])].map((other) => versions[other]).find((version) => version != null);
  const wanted = requirements.filter(({ applies }) => applies(minor));
  const missing = wanted.filter(({ name }) => installed(name) === undefined);
  if (missing.length > 0) {
    const words = missing.map(({ name, version }) => `${name}==${version}`).join(' ');
    throw setupError(
      `${variable}="${python}" lacks packages. Add them: ${python} -m pip install ${words}; or unset ${variable} to have an ` +
        'environment made.',
    );
  }
  for (const { name, version } of wanted) {
    const found = installed(name)!;
    if (found !== version) onNote?.(`${variable} has ${name} ${found}; this was tried with ${version}`);
  }
  return { python: resolve(python), folder };
}

type Answer = [folder: string, minor: number, versions: Record<string, string | null>];

interface Requirement {
  readonly name: string;
  readonly version: string;
  /** Whether it is one for Python 3 of this minor version. */
  applies(minor: number): boolean;
}

/** Of pip's format what is used here: `a[x]==1` and `a==1; python_version < "3.11"`. */
function parseRequirement(text: string): Requirement {
  const pattern = /^([\w.-]+)(?:\[[^\]]*\])?==([^;\s]+)(?:\s*;\s*python_version (<|>=) "3\.(\d+)")?$/;
  const [, name, version, comparison, bound] = pattern.exec(text) ?? [];
  if (name === undefined || version === undefined)
    throw new Error(`Requirement '${text}' is not of the form 'a==1; python_version < "3.11"'.`);
  const applies = (minor: number) =>
    comparison === undefined || (comparison === '<' ? minor < Number(bound) : minor >= Number(bound));
  return { name, version, applies };
}
