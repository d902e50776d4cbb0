import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPython } from './python.js';
import type { RunTool } from './tool.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'vae-python-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Pythons that are on PATH: name, version, and whether they have a venv module. */
type Pythons = Readonly<Record<string, readonly [major: number, minor: number, venv?: boolean]>>;

function find(pythons: Pythons, { uv = false, VAE_PYTHON = '', newestMinor = 13 } = {}) {
  for (const name of Object.keys(pythons)) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
  }
  const run: RunTool = async (file) => {
    const [major, minor, venv = true] = pythons[file.slice(folder.length + 1)] ?? [];
    const stdout = major === undefined ? 'hello' : JSON.stringify([[major, minor], file, venv]);
    return { code: 0, stdout, output: stdout };
  };
  return findPython({ run, env: { PATH: folder, VAE_PYTHON }, uv, newestMinor });
}

const path = (name: string) => join(folder, name);

it('takes python3 where it fits', async () => {
  const pythons: Pythons = { python3: [3, 12], 'python3.13': [3, 13] };
  expect(await find(pythons)).toMatchObject({ python: path('python3'), version: '3.12' });
});

it.each<[string, Pythons, string]>([
  ['is too old', { python3: [3, 9], 'python3.10': [3, 10], 'python3.12': [3, 12] }, 'python3.12'],
  ['is too new', { python3: [3, 14], 'python3.11': [3, 11] }, 'python3.11'],
  ['cannot make environments', { python3: [3, 11, false], 'python3.13': [3, 13] }, 'python3.13'],
  ['is not there', { python: [3, 11] }, 'python'],
])('takes another where python3 %s', async (_, pythons, chosen) => {
  expect((await find(pythons)).python).toBe(path(chosen));
});

it('needs no venv module beside uv, which fetches a Python where none fits', async () => {
  expect((await find({ python3: [3, 11, false] }, { uv: true })).python).toBe(path('python3'));
  expect(await find({ python: [2, 7] }, { uv: true })).toEqual({ python: '3.12', version: '3.12' });
});

it('says what to install where no environment can be made', async () => {
  await expect(find({ python3: [3, 11, false] })).rejects.toThrow(
    /^Python 3\.11 \(.*python3\) cannot make environments.*apt-get install python3\.11-venv; or install uv/,
  );
});

it('says what was found where none fits', async () => {
  await expect(find({ python3: [3, 9] })).rejects.toMatchObject({
    code: 'setup-failed',
    message: expect.stringMatching(
      /^Python 3\.10 to 3\.13 is needed\. On PATH: Python 3\.9 \(.*python3\)\. Debian.*VAE_PYTHON names another\.$/,
    ),
  });
});

it('says so where there is none', async () => {
  await expect(find({})).rejects.toThrow('On PATH: none.');
});

it('takes the one that VAE_PYTHON names, and no other', async () => {
  const pythons: Pythons = { python3: [3, 12], mine: [3, 10], old: [3, 8], program: [2, 7] };
  expect((await find(pythons, { VAE_PYTHON: path('mine') })).version).toBe('3.10');
  await expect(find(pythons, { VAE_PYTHON: path('old') })).rejects.toThrow(
    /^VAE_PYTHON="[^"]*old" is Python 3\.8\. Python 3\.10 to 3\.13 is needed\.$/,
  );
  for (const name of ['program', 'nowhere'])
    await expect(find(pythons, { VAE_PYTHON: path(name) })).rejects.toThrow(/is not a Python that runs\./);
});
