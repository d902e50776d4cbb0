import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A thread starts from a built file, wherever the code that starts it was loaded from; `path` begins at `engines`. */
export const builtFile = (path: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')), 'dist/engines', path);
