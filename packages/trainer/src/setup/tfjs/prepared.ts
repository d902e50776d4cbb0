import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheRoot } from '../../files/cache-root.js';

/** tfjs-node's version on npm; its native part is built here. */
export const TFJS_VERSION = '4.22.0';

/** The version of Node-API that its sources are written for; every Node since 12 has it. */
export const NAPI_VERSION = 8;

/** A tfjs-node that was set up and has passed its check. */
export interface PreparedTfjs {
  /** Whether it is linked to the TensorFlow that has CUDA; whether a GPU is there is seen when it is loaded. */
  readonly gpu: boolean;
  /** Folder of the npm package @tensorflow/tfjs-node, to be loaded with `require`. */
  readonly packageFolder: string;
  /** Of tfjs-node, such as "4.22.0". */
  readonly version: string;
  /** Version of the TensorFlow library, such as "2.21.0". */
  readonly tensorflow: string;
}

/** What the file beside a finished installation says. */
export interface Mark {
  readonly version: string;
  readonly tensorflow: string;
  /** TensorFlow's library, absolute; the binding looks for it there. */
  readonly library: string;
  /** Version of Node-API that the binding was built for. */
  readonly napi: number;
}

export const MARK = 'prepared.json';

/** The native part, in the package's folder. */
export const bindingIn = (packageFolder: string): string =>
  join(packageFolder, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');

export const packageIn = (folder: string): string => join(folder, 'node_modules', '@tensorflow', 'tfjs-node');

/** Where an installation goes. A home folder may be shared by machines of several kinds. */
export function preparedFolder({ gpu }: { gpu: boolean }, env: NodeJS.ProcessEnv = process.env): string {
  const name = `tfjs-node-${TFJS_VERSION}-${gpu ? 'gpu' : 'cpu'}-${process.platform}-${process.arch}`;
  return resolve(cacheRoot(undefined, env), name);
}

/**
 * The tfjs-node that `vae-train setup tfjs` has made, where it and its TensorFlow are still there.
 *
 * Reads one small file and looks for two others; nothing is loaded.
 *
 * @example
 * const prepared = findPrepared({ gpu: true }) ?? findPrepared({ gpu: false });
 */
export function findPrepared(
  { gpu }: { gpu: boolean },
  env: NodeJS.ProcessEnv = process.env,
): PreparedTfjs | undefined {
  const folder = preparedFolder({ gpu }, env);
  const mark = readMark(folder);
  if (mark?.version !== TFJS_VERSION) return undefined;
  const packageFolder = packageIn(folder);
  if (!existsSync(bindingIn(packageFolder)) || !existsSync(mark.library)) return undefined;
  return { gpu, packageFolder, version: mark.version, tensorflow: mark.tensorflow };
}

/** What a folder's mark says; undefined where there is none. */
export function readMark(folder: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as Mark;
  } catch {
    return undefined;
  }
}
