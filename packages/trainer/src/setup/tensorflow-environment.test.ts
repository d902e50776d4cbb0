import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tensorflowEnvironment, tensorflowRequirements } from './tensorflow-environment.js';

let root: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'vae-tensorflow-')));
  env = { PATH: '', VAE_CACHE: root };
});
afterEach(() => rmSync(root, { recursive: true }));

/** A ready environment in the cache, as `pythonEnvironment` leaves it. */
function putEnvironment(name: string, gpu: boolean): string {
  const folder = join(root, `python-${name}-0123456789ab`);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(folder, 'bin/python'));
  const mark = { requirements: tensorflowRequirements({ gpu }), base: realpathSync(process.execPath) };
  writeFileSync(join(folder, 'environment.json'), JSON.stringify(mark));
  return folder;
}

it.each([
  [false, 'x64', 'tensorflow-cpu==2.21.0'],
  [false, 'arm64', 'tensorflow==2.21.0'],
  [true, 'x64', 'tensorflow[and-cuda]==2.21.0'],
])('asks for the TensorFlow of the machine (gpu %s, %s)', (gpu, arch, first) => {
  const requirements = tensorflowRequirements({ gpu, arch });
  expect(requirements[0]).toBe(first);
  for (const requirement of requirements)
    expect(requirement).toMatch(/^[\w-]+(\[and-cuda\])?==\d[\d.]*(; python_version (<|>=) "3\.\d+")?$/);
});

it.skipIf(process.platform === 'win32')(
  'takes the one that is ready when it does not matter which',
  async () => {
    const gpu = putEnvironment('tensorflow-gpu', true);
    expect((await tensorflowEnvironment({ env })).folder).toBe(gpu);
    const cpu = putEnvironment('tensorflow', false);
    expect((await tensorflowEnvironment({ env })).folder).toBe(cpu);
    expect((await tensorflowEnvironment({ env, gpu: true })).folder).toBe(gpu);
    expect((await tensorflowEnvironment({ env, gpu: false })).folder).toBe(cpu);
  },
);

it('prefers the Python that the user names to the one that is ready', async () => {
  putEnvironment('tensorflow-gpu', true);
  env.VAE_TENSORFLOW_PYTHON = '/nowhere/python';
  await expect(tensorflowEnvironment({ env })).rejects.toThrow('VAE_TENSORFLOW_PYTHON="/nowhere/python"');
  env.VAE_TENSORFLOW_GPU_PYTHON = '/elsewhere/python';
  await expect(tensorflowEnvironment({ env, gpu: true })).rejects.toThrow('VAE_TENSORFLOW_GPU_PYTHON=');
});
