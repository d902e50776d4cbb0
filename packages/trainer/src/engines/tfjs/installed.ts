import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Folder of an optional package where a project resolves it, or else where this one does. */
export function findInstalled(packageName: string, project = process.cwd()): string | undefined {
  for (const from of [createRequire(join(project, 'package.json')), require])
    try {
      return dirname(from.resolve(`${packageName}/package.json`));
    } catch {
      // Not installed there.
    }
  return undefined;
}

/** Loads a package without what it prints on the way: advertisements, and complaints about a second copy of itself. */
export function requireQuietly(folder: string): unknown {
  const { warn } = console;
  console.warn = () => {};
  try {
    return require(folder);
  } finally {
    console.warn = warn;
  }
}
