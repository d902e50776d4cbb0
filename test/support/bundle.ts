import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './project.js';

/**
 * One ES module for a page, from code that imports `@vae/sdk` or one of its subpaths. It is made from the sources, as
 * unit tests are, with the SDK's browser platform.
 */
export async function bundle(code: string): Promise<string> {
  const source = (path: string) => join(root, 'packages/sdk/src', path);
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    plugins: [
      {
        name: 'sources',
        setup({ onResolve }) {
          onResolve({ filter: /^#platform$/ }, () => ({ path: source('platform/web.ts') }));
          onResolve({ filter: /^@vae\/sdk(\/|$)/ }, ({ path }) => {
            const name = path.slice('@vae/sdk/'.length);
            return { path: source(name === 'manifest' ? 'manifest.ts' : join(name, 'index.ts')) };
          });
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** The script of a Web Worker, which a bundle looks for at `web/workers-script.js` beside itself. */
export async function bundleWorker(): Promise<string> {
  const entry = join(root, 'packages/sdk/src/platform/web/workers-script.ts');
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm' });
  return outputFiles[0].text;
}
