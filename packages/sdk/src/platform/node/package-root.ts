import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package: above this file, or where a bundle that holds this file finds it. */
export function packageRoot(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (isOurs(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) break;
  }
  try {
    return dirname(createRequire(import.meta.url).resolve('@vae/sdk/package.json'));
  } catch {
    return undefined;
  }
}

function isOurs(manifest: string): boolean {
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === '@vae/sdk';
}
