// Copies what a package ships beside its code: recipes into the trainer, bundled models into the SDK, the licence
// into each. Usage: node copy-assets.mjs sdk|trainer|cli

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2];
const wanted = {
  sdk: { marker: 'vae.json', files: ['vae.json', 'encoder.onnx', 'decoder.onnx', 'README.md'] },
  trainer: { marker: 'recipe.json', files: ['recipe.json', 'README.md'] },
}[target];

const packageFolder = join(root, 'packages', target);
await cp(join(root, 'LICENSE'), join(packageFolder, 'LICENSE'));
if (wanted) {
  await rm(join(packageFolder, 'models'), { recursive: true, force: true });
  for (const name of await readdir(join(root, 'models'))) {
    if (!existsSync(join(root, 'models', name, wanted.marker))) continue;
    await mkdir(join(packageFolder, 'models', name), { recursive: true });
    for (const file of wanted.files) {
      const source = join(root, 'models', name, file);
      if (existsSync(source)) await cp(source, join(packageFolder, 'models', name, file));
    }
  }
  for (const name of await readdir(join(packageFolder, 'models')))
    await unlinkMissing(join(packageFolder, 'models', name, 'README.md'));
}

/** Leaves the words of links to what is in the repository but not in the package. */
async function unlinkMissing(page) {
  const text = await readFile(page, 'utf8');
  const shipped = (link) => /^(\w+:|#)/.test(link) || existsSync(join(dirname(page), link));
  await writeFile(
    page,
    text.replace(/\[([^\]]+)\]\(([^)]+)\)/g, (whole, words, link) => (shipped(link) ? whole : words)),
  );
}
