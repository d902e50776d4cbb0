import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelFolder } from '../../sdk/src/testing/models.js';

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const binary = fromHere('../bin/vae.js');
const isBuilt = ['../dist/cli.js', '../../sdk/dist/index.js', '../../trainer/dist/terminal/index.js'].every(
  (path) => existsSync(fromHere(path)),
);

describe.skipIf(!isBuilt)('the built binary (skipped until the packages are built)', () => {
  let model: string;
  let folder: string;
  beforeAll(async () => {
    model = await modelFolder();
    folder = mkdtempSync(join(tmpdir(), 'vae-binary-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function start(file: string, ...args: string[]) {
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(file, args, { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  }
  const vae = (...args: string[]) => start(process.execPath, binary, ...args);

  it('runs in an empty folder and leaves there what it was asked for', async () => {
    expect(await vae('sample', model, '-n', '3', '--seed', '1', '-o', 'out/grid.png')).toEqual({
      code: 0,
      stdout: 'Wrote out/grid.png: 3 images.\n',
      stderr: '',
    });
    expect(await vae('sample', model, '-n', '3', '--seed', '1', '-o', 'items')).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual(['items', 'out']);
    expect(readdirSync(join(folder, 'items'))).toEqual(['0.png', '1.png', '2.png']);
  });

  it('exits with 2 and one line for a mistake', async () => {
    const { code, stdout, stderr } = await vae('encode', model, 'none.png', '-o', 'z.npy');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('Cannot read "none.png": there is no such file or folder.\n');
  });

  it('exits with 2 for a damaged model', async () => {
    const damaged = await modelFolder();
    writeFileSync(join(damaged, 'decoder.onnx'), 'nothing');
    const { code, stderr } = await vae('sample', damaged, '-o', 'x.png');
    expect([code, existsSync(join(folder, 'x.png'))]).toEqual([2, false]);
    expect(stderr.trim().split('\n').at(-1)).toContain('decoder.onnx');
  });

  it('is quiet when nobody reads on', async () => {
    const pipe = `"${process.execPath}" "${binary}" info "${model}" --json | true; exit \${PIPESTATUS[0]}`;
    expect(await start('bash', '-c', pipe)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
