import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { expect, it } from 'vitest';
import { root } from '../support/project.js';
import budget from './size-budget.json' with { type: 'json' };

// What a page downloads before the first picture, entry by entry: our own code and the small libraries in it, minified
// and gzipped in one piece. ONNX Runtime is counted by bench/first-decode.mjs, and what is imported later is not here.

const sdk = join(root, 'packages/sdk');

/** Gzipped bytes of an entry and all that it imports at once. */
async function sizeOf(file: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(sdk, file)],
    outdir: join(root, 'out'),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    external: ['onnxruntime-web/*'],
    // The repository's own maps imports to sources.
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  const wanted = join('packages/sdk', file);
  const entry = Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === wanted)!;
  const paths = [...atOnce(metafile, entry)].map((path) => join(root, path));
  const code = outputFiles.filter(({ path }) => paths.includes(path)).map(({ text }) => text);
  expect(code).toHaveLength(paths.length);
  return gzipSync(code.join('\n'), { level: 9 }).length;
}

function atOnce({ outputs }: Metafile, path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind, external } of outputs[path].imports) {
    if (kind === 'import-statement' && !external) atOnce({ outputs } as Metafile, next, seen);
  }
  return seen;
}

const { exports } = JSON.parse(await readFile(join(sdk, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { import: { default: string } }>;
};
const entries = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === 'string' ? [] : [[name, entry.import.default] as const],
);

it('every entry has a budget', () => {
  expect(Object.keys(budget)).toEqual(entries.map(([name]) => name));
  expect(dirname(entries[0][1])).toBe('./dist');
});

it.each(entries)('%s is within its budget', async (name, file) => {
  const size = await sizeOf(file);
  expect(size).toBeGreaterThan(200);
  expect(size, `${name}: ${size} bytes`).toBeLessThan(budget[name as keyof typeof budget]);
});
