import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/project.js';

/** The pages that a package ships: its own, and those of its models, which the build copies. */
async function pagesOf(folder: string): Promise<string[]> {
  const models = await readdir(join(folder, 'models')).catch(() => []);
  return [folder, ...models.map((name) => join(folder, 'models', name))].map((path) =>
    join(path, 'README.md'),
  );
}

it.each(['sdk', 'trainer', 'cli'])('links in what %s ships lead to what it ships', async (name) => {
  const folder = join(root, 'packages', name);
  const { files } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const page of await pagesOf(folder)) {
    const text = await readFile(page, 'utf8');
    for (const [, link] of text.matchAll(/\]\((?!\w+:|#)([^)#]+)[^)]*\)/g)) {
      const path = join(dirname(page), link!);
      const isShipped = existsSync(path) && files.includes(relative(folder, path).split(/[\\/]/)[0]);
      expect(isShipped, `${page}: ${link}`).toBe(true);
    }
  }
});
