import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setupError, toolError } from '../setup-error.js';
import type { RunTool, ToolOptions } from '../tool.js';
import { assertPlainPath, findHeaders, findNpm } from './machine.js';
import { bindingIn, NAPI_VERSION, packageIn, TFJS_VERSION } from './prepared.js';

const NODE_GYP_VERSION = '12.4.0';

export interface BuildTools extends Pick<ToolOptions, 'signal'> {
  readonly run: RunTool;
  readonly env: NodeJS.ProcessEnv;
}

/** What the linker is asked for, and the file in the wheel; those names are not the ones that a program loads. */
const linkNames = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
} as const;

/** The library with TensorFlow's C interface, in a wheel's folder. */
export const libraryIn = (tensorflow: string): string => join(tensorflow, linkNames['libtensorflow.so']);

/**
 * Installs tfjs-node and node-gyp from npm into a folder, without running their scripts: they would fetch a TensorFlow of
 * 2022 that knows no recent CUDA.
 *
 * @throws TrainerError "setup-failed"
 */
export async function installPackages(folder: string, { run, env, signal }: BuildTools): Promise<void> {
  const dependencies = { '@tensorflow/tfjs-node': TFJS_VERSION, 'node-gyp': NODE_GYP_VERSION };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const outcome = await run(findNpm(env), [...words, `--prefix=${folder}`], { cwd: folder, env, signal });
  if (outcome.code !== 0) throw toolError(`npm could not install tfjs-node ${TFJS_VERSION}`, outcome);
}

/**
 * Links the package's sources to TensorFlow's headers and libraries and builds the binding.
 *
 * The binding gets the folder of TensorFlow as a place to look for libraries. It must load them from there and not through
 * links: they find CUDA's libraries beside the folder they were opened in. So `deps/lib` has the linker's names only.
 *
 * @param tensorflow the folder of the Python package
 * @throws TrainerError "setup-failed"
 */
export async function buildBinding(
  folder: string,
  { tensorflow, python }: { tensorflow: string; python: string },
  { run, env, signal }: BuildTools,
): Promise<void> {
  assertPlainPath(tensorflow);
  const source = packageIn(folder);
  linkTensorflow(source, tensorflow);
  const headers = findHeaders();
  const variables = {
    module_name: 'tfjs_binding',
    module_path: dirname(bindingIn(source)),
    napi_version: String(process.versions.napi),
    napi_build_version: String(NAPI_VERSION),
    python,
    ...(headers && !env.npm_config_nodedir && { nodedir: headers }),
  };
  const words = Object.entries(variables).map(([name, value]) => `--${name}=${value}`);
  const gyp = join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const outcome = await run(process.execPath, [gyp, 'rebuild', ...words], {
    cwd: source,
    signal,
    env: { ...env, LDFLAGS: `${env.LDFLAGS ?? ''} -Wl,-rpath,'${tensorflow}'`.trim() },
  });
  if (outcome.code === 0) return;
  const lacksHeaders = headers === undefined && !env.npm_config_nodedir && /nodejs\.org/.test(outcome.output);
  throw toolError(
    lacksHeaders
      ? `Node's headers are not beside ${process.execPath} (include/node), and node-gyp could not fetch them from nodejs.org; ` +
          'npm_config_nodedir names a folder that has them'
      : 'tfjs-node could not be built',
    outcome,
  );
}

function linkTensorflow(source: string, tensorflow: string): void {
  const libraries = join(source, 'deps', 'lib');
  mkdirSync(libraries, { recursive: true });
  symlinkSync(join(tensorflow, 'include'), join(source, 'deps', 'include'));
  for (const [link, file] of Object.entries(linkNames)) {
    if (!existsSync(join(tensorflow, file)))
      throw setupError(`The TensorFlow in "${tensorflow}" has no ${file}; tfjs-node needs its C library.`);
    symlinkSync(join(tensorflow, file), join(libraries, link));
  }
}
