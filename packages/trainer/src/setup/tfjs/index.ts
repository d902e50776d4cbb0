import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOnce, size } from '../make-once.js';
import { toolError } from '../setup-error.js';
import { tensorflowEnvironment } from '../tensorflow-environment.js';
import { type RunTool, runTool } from '../tool.js';
import { type BuildTools, buildBinding, installPackages, libraryIn } from './build.js';
import { type Checked, checkTfjs } from './check.js';
import { assertCanBuild, assertPlainPath } from './machine.js';
import {
  findPrepared,
  MARK,
  type Mark,
  NAPI_VERSION,
  type PreparedTfjs,
  packageIn,
  preparedFolder,
  readMark,
  TFJS_VERSION,
} from './prepared.js';

export { findPrepared, type PreparedTfjs } from './prepared.js';

export interface SetUpTfjsOptions {
  /** Link to the TensorFlow that has CUDA. */
  readonly gpu: boolean;
  /** Make everything anew, the Python environment too. */
  readonly rebuild?: boolean;
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** What starts programs; for tests. */
  readonly run?: RunTool;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  readonly arch?: string;
}

/** Of npm's packages, measured. */
const bytes = { download: 80e6, installed: 300e6 };

/**
 * Builds tfjs-node from its npm sources against the libraries in TensorFlow's Python package, and checks that it computes.
 * What is there and passes the check is kept; that takes about two seconds. What does not pass is made anew.
 *
 * @returns with the device that the check ran on: also with `gpu` the CPU where TensorFlow sees no GPU
 * @throws TrainerError "setup-failed" naming what is missing and what to do; the signal's reason, with nothing left half
 * @example
 * const { packageFolder } = await setUpTfjs({ gpu: false, onNote: console.error });
 * const tf = createRequire(import.meta.url)(packageFolder);
 */
export async function setUpTfjs(options: SetUpTfjsOptions): Promise<PreparedTfjs & Checked> {
  const { gpu, rebuild = false, onNote, signal, run = runTool, env = process.env } = options;
  const tools: BuildTools = { run, env, signal };
  const before = rebuild ? undefined : findPrepared({ gpu }, env);
  const folder = preparedFolder({ gpu }, env);
  const assertBuildable = () => {
    assertCanBuild({ gpu }, { platform: process.platform, arch: process.arch, ...options, env });
    assertPlainPath(folder);
  };
  // Before the large download, not after it.
  if (!before) assertBuildable();
  const { python } = await tensorflowEnvironment({ gpu, rebuild, onNote, signal, run, env });
  const tensorflow = await tensorflowFolder(python, tools);
  const kept = before && (await keep(before, tensorflow, options, tools));
  if (kept) return kept;

  assertBuildable();
  let checked: Checked | undefined;
  const prepared = await makeOnce(folder, {
    find: () => findPrepared({ gpu }, env),
    needs: bytes.download + bytes.installed,
    rebuild: rebuild || before !== undefined,
    onNote,
    signal,
    build: async (part) => {
      checked = await build(part, { python, tensorflow }, tools, onNote);
    },
  });
  // Where another process has built it meanwhile, this one has not seen it compute.
  return { ...prepared, ...(checked ?? (await checkTfjs(prepared.packageFolder, tools))) };
}

async function build(
  folder: string,
  { python, tensorflow }: { python: string; tensorflow: string },
  tools: BuildTools,
  onNote?: (text: string) => void,
): Promise<Checked> {
  onNote?.(`tfjs-node ${TFJS_VERSION} from npm: downloads about ${size(bytes.download)}`);
  await installPackages(folder, tools);
  onNote?.(`building it against ${tensorflow}`);
  await buildBinding(folder, { tensorflow, python }, tools);
  onNote?.('checking what it computes');
  const checked = await checkTfjs(packageIn(folder), tools);
  const mark: Mark = {
    version: TFJS_VERSION,
    tensorflow: checked.tensorflow,
    library: libraryIn(tensorflow),
    napi: NAPI_VERSION,
  };
  writeFileSync(join(folder, MARK), JSON.stringify(mark));
  return checked;
}

/** What is there already, where it is linked to this TensorFlow and computes; undefined and a note where not. */
async function keep(
  prepared: PreparedTfjs,
  tensorflow: string,
  { gpu, onNote }: SetUpTfjsOptions,
  tools: BuildTools,
): Promise<(PreparedTfjs & Checked) | undefined> {
  const { library } = readMark(preparedFolder({ gpu }, tools.env)) ?? {};
  if (library !== libraryIn(tensorflow)) {
    onNote?.(`tfjs-node is there but linked to ${library}; it is built anew`);
    return undefined;
  }
  try {
    return { ...prepared, ...(await checkTfjs(prepared.packageFolder, tools)) };
  } catch (error) {
    tools.signal?.throwIfAborted();
    onNote?.(`tfjs-node is there but does not pass its check; it is built anew: ${(error as Error).message}`);
    return undefined;
  }
}

/** The folder of a Python's TensorFlow. TensorFlow itself is not loaded for that. */
async function tensorflowFolder(python: string, { run, env, signal }: BuildTools): Promise<string> {
  const script =
    'import importlib.util; print(importlib.util.find_spec("tensorflow").submodule_search_locations[0])';
  const outcome = await run(python, ['-I', '-c', script], { env, signal });
  if (outcome.code !== 0)
    throw toolError(`TensorFlow is not in ${python}, although it was installed; add --rebuild`, outcome);
  return outcome.stdout.trim();
}
