import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { runVae as run } from '../testing/run-vae.js';

afterEach(() => {
  process.exitCode = 0;
});

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const binary = fromHere('../../bin/vae.js');
const isBuilt = [
  '../../dist/cli.js',
  '../../../sdk/dist/index.js',
  '../../../trainer/dist/terminal/index.js',
].every((path) => existsSync(fromHere(path)));

describe('vae doctor', () => {
  it('tries one device in this process when it is told to', async () => {
    const { code, stdout } = await run('doctor', '--trial', 'wasm');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ device: 'wasm', works: true });
  });

  it('knows the devices, and keeps the trial to itself', async () => {
    expect(await run('doctor', '--device', 'cudda')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^--device "cudda" is not known; did you mean "cuda"\? Choose one of: auto, .*\n$/,
      ),
    });
    expect((await run('doctor', '--help')).stdout).not.toContain('--trial');
  });
});

describe.skipIf(!isBuilt)('vae doctor as a binary (skipped until the packages are built)', () => {
  const vae = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((settle) => {
      execFile(process.execPath, [binary, ...args], (error, stdout, stderr) =>
        settle({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  it('has a line for every device, with a reason where it does not work', async () => {
    const { code, stdout, stderr } = await vae('doctor', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { devices, node, os, fixed } = JSON.parse(stdout);
    expect({ node, os, fixed }).toEqual({ node: process.versions.node, os: process.platform, fixed: [] });
    const names = devices.map(({ device }: { device: string }) => device);
    expect(names).toEqual(['cpu', 'cuda', 'webgpu', 'coreml', 'dml', 'wasm']);
    for (const { works, runtime, reason } of devices) expect(works ? runtime : reason).toMatch(/\w/);
    expect(devices.at(-1)).toMatchObject({
      works: true,
      runtime: expect.stringMatching(/^onnxruntime-web /),
    });
  });

  it.runIf(process.platform !== 'darwin')(
    'exits with 2 and one line for a device that does not work',
    async () => {
      const { code, stdout, stderr } = await vae('doctor', '--device', 'coreml');
      expect(code).toBe(2);
      expect(stdout).toMatch(/^Node .*\ncoreml +does not work +Core ML is a part of macOS/);
      expect(stderr).toMatch(/^device 'coreml' does not work here: Core ML is a part of macOS[^\n]*\n$/);
    },
  );

  it('has nothing to get for wasm', async () => {
    const { code, stdout, stderr } = await vae('doctor', '--device', 'wasm', '--fix');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'There is nothing that --fix can get here.\n' });
    expect(stdout).toMatch(/\nwasm +works +onnxruntime-web /);
  });
});
