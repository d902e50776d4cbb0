import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from './lock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-lock-'));
  path = join(folder, 'run.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const sleeper = () => spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });

it('is held by one at a time, and given back', () => {
  const giveBack = takeLock(path, folder);
  expect(() => takeLock(path, folder)).toThrow(`process ${process.pid} is training in this folder`);
  giveBack();
  expect(existsSync(path)).toBe(false);
  takeLock(path, folder)();
});

it('of a living process is respected, and of a killed one taken over', async () => {
  const child = sleeper();
  await writeFile(path, String(child.pid));
  expect(() => takeLock(path, folder)).toThrow(`process ${child.pid} is training in this folder`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  takeLock(path, folder)();
});

it.skipIf(process.platform !== 'linux')(
  'of a number that another process has since is taken over',
  async () => {
    const child = sleeper();
    await writeFile(path, `${child.pid} 1`);
    takeLock(path, folder)();
    child.kill('SIGKILL');
    await once(child, 'exit');
  },
);

it.each(['', 'garbage', '-1', String(process.pid)])(
  'that says "%s" and is nobody\'s is taken over',
  async (text) => {
    await writeFile(path, text);
    takeLock(path, folder)();
    expect(existsSync(path)).toBe(false);
  },
);
