// The declarations of a package's CommonJS build: those of its ES modules, with the file endings that `require` needs.
// Usage, in the package's folder: node ../../scripts/cjs-types.mjs
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const endings = /(from\s+|import\(|import\s+)(['"])(\.{1,2}\/[^'"]+)\.js\2/g;

for (const name of await readdir('dist', { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const types = await readFile(join('dist', name), 'utf8');
  await writeFile(join('dist', name.replace(/\.d\.ts$/, '.d.cts')), types.replace(endings, '$1$2$3.cjs$2'));
}
