import { expect, it } from 'vitest';
import { chromium, crossOriginIsolation, withPage } from './browser.js';
import { root } from './project.js';

it.skipIf(!chromium)('serves folders and files with types and headers, and nothing beside them', async () => {
  const folders = { '/models': `${root}/packages/sdk/models` };
  const files = { '/a.mjs': 'export const a = 7' };
  await withPage(
    async (page, { server, problems }) => {
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
      expect(await page.evaluate("import('/a.mjs').then(({ a }) => a)")).toBe(7);
      const name =
        "fetch('/models/mnist-conv/vae.json').then((file) => file.json()).then(({ name }) => name)";
      expect(await page.evaluate(name)).toBe('mnist-conv');
      expect(await page.evaluate("fetch('/models/%2e%2e/package.json').then(({ status }) => status)")).toBe(
        404,
      );
      expect(server.requests).toContain('/models/mnist-conv/vae.json');
      expect(problems.splice(0)).toEqual([expect.stringContaining('404')]);
    },
    { headers: crossOriginIsolation, folders, files },
  );
});

it.skipIf(!chromium)('fails for an error on the page or in a worker', async () => {
  const console = withPage((page) => page.evaluate("console.error('told')"));
  await expect(console).rejects.toThrow('console: told');
  const files = { '/worker.js': 'throw new Error("in the worker")' };
  const worker = withPage(
    async (page) => {
      const failed = page.waitForEvent('pageerror');
      await page.evaluate("void new Worker('/worker.js')");
      await failed;
    },
    { files },
  );
  await expect(worker).rejects.toThrow('uncaught: Error: in the worker');
});
