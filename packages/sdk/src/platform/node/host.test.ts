import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { bundledFolder } from './bundled.js';
import { host } from './host.js';

afterEach(() => vi.unstubAllEnvs());

it('loads the native build without its telemetry, which leaves an id and a cache in the home folder', async () => {
  const home = await mkdtemp(join(tmpdir(), 'vae-home-'));
  vi.stubEnv('HOME', home);
  // With these it would be silent by itself.
  for (const name of ['CI', 'ORT_RUNNING_UNIT_TESTS', 'ORT_DISABLE_TELEMETRY', 'XDG_CACHE_HOME'])
    vi.stubEnv(name, undefined);
  const { InferenceSession } = await host.loadBuild('native');
  const model = await readFile(join((await bundledFolder('mnist-conv'))!, 'decoder.onnx'));
  const session = await InferenceSession.create(model);
  await session.release();
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
  expect(await readdir(home)).toEqual([]);
  await rm(home, { recursive: true });
});

it('leaves the setting of whoever made one', async () => {
  vi.stubEnv('ORT_DISABLE_TELEMETRY', '0');
  await host.loadBuild('native');
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('0');
});
