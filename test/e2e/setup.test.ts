import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastJson, node, temporaryFolder, vaeTrain, withFolder } from '../support/project.js';

/**
 * Builds tfjs-node for real: about 430 MB of downloads and a compiler. `VAE_TENSORFLOW_PYTHON` saves most of it. The cache
 * folder is kept between runs where `VAE_TEST_SETUP_CACHE` names one.
 */
const really = process.env.VAE_TEST_SETUP === '1';
const minutes = 60_000;

const setup = (VAE_CACHE: string, ...words: string[]) =>
  node([vaeTrain, 'setup', ...words], { env: { VAE_CACHE } });

describe.skipIf(!really)('vae-train setup (needs VAE_TEST_SETUP=1)', () => {
  it('builds a tfjs-node that computes, keeps it, and mends it', { timeout: 20 * minutes }, async () => {
    const { folder, remove } = await temporaryFolder();
    const cache = process.env.VAE_TEST_SETUP_CACHE || folder;
    try {
      const first = await setup(cache, 'tfjs', '--json');
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const made = lastJson(first) as unknown as { packageFolder: string; tensorflow: string };
      expect(made).toMatchObject({ gpu: false, version: '4.22.0', device: 'cpu' });
      // 2·3 + 4·5, and the derivative of x³ at 2.
      const script =
        'const util = require("node:util"); util.isNullOrUndefined ??= (v) => v == null; util.isArray ??= Array.isArray;' +
        'const tf = require(process.argv[1]);' +
        'console.log(JSON.stringify([tf.dot([2, 4], [3, 5]).dataSync()[0],' +
        'tf.grad((x) => x.pow(3))(tf.scalar(2)).dataSync()[0]]))';
      expect(lastJson(await node(['-e', script, made.packageFolder]))).toEqual([26, 12]);

      const startMs = performance.now();
      const second = await setup(cache, 'tfjs');
      expect(second).toMatchObject({ code: 0, stderr: '' });
      expect(second.stdout).toMatch(
        /^tfjs-node 4\.22\.0 on TensorFlow .* \(cpu\): product and gradient right\./,
      );
      expect(performance.now() - startMs).toBeLessThan(30_000);

      await rm(join(made.packageFolder, 'lib'), { recursive: true });
      expect((await setup(cache)).stdout).toMatch(/^vae-train setup tfjs +not set up$/m);
      expect((await setup(cache, 'tfjs')).code).toBe(0);
      expect((await setup(cache)).stdout).toMatch(/^vae-train setup tfjs +ready: tfjs-node 4\.22\.0/m);
    } finally {
      await remove();
    }
  });

  it('leaves nothing after Ctrl-C', { timeout: minutes }, () =>
    withFolder(async (cache) => {
      const child = spawn(process.execPath, [vaeTrain, 'setup', 'tfjs'], {
        env: { ...process.env, VAE_CACHE: cache },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.stderr.once('data', () => child.kill('SIGINT'));
      const [code] = await once(child, 'close');
      expect(code).toBe(130);
      expect(await readdir(cache)).toEqual([]);
    }),
  );
});
