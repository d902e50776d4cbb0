import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageRoot } from './package-root.js';

/** Folder of the bundled model with this name, or undefined. */
export async function bundledFolder(name: string): Promise<string | undefined> {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name)) return undefined;
  return places()
    .map((place) => join(place, name))
    .find((folder) => existsSync(join(folder, 'vae.json')));
}

/** Names of all bundled models, sorted. */
export async function bundledNames(): Promise<string[]> {
  const names = new Set<string>();
  for (const place of places()) {
    for (const name of await readdir(place).catch(() => [])) {
      if (existsSync(join(place, name, 'vae.json'))) names.add(name);
    }
  }
  return [...names].sort();
}

/** `models` of this package, and in a source checkout that of the repository. */
function places(): string[] {
  const root = packageRoot();
  if (!root) return [];
  const repository = dirname(dirname(root));
  const checkout = existsSync(join(repository, 'pnpm-workspace.yaml'));
  return [join(root, 'models'), ...(checkout ? [join(repository, 'models')] : [])];
}
