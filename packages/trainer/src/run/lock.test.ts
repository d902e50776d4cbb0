import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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

it.skipIf(process.platform !== 'linux')(
  'of a dead process whose parent looks away is taken over',
  async () => {
    // The shell becomes a program that knows nothing of the child.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [said] = await once(parent.stdout, 'data');
    const pid = String(said).trim();
    const isDead = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z ');
    await vi.waitFor(async () => expect(await isDead()).toBe(true), 10_000);
    await writeFile(path, pid);
    takeLock(path, folder)();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
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

it('that another process has since is not given back with the own one', async () => {
  const giveBack = takeLock(path, folder);
  await writeFile(path, '1');
  giveBack();
  expect(await readFile(path, 'utf8')).toBe('1');
});

it('leaves nothing beside it, also of processes that were killed while they took it', async () => {
  await writeFile(`${path}.0123456789abcdef`, 'half a lock');
  const giveBack = takeLock(path, folder);
  expect(await readdir(folder)).toEqual(['run.lock']);
  expect(() => takeLock(path, folder)).toThrow('is training in this folder');
  expect(await readdir(folder)).toEqual(['run.lock']);
  giveBack();
  expect(await readdir(folder)).toEqual([]);
});

/** Takes the lock forty times, writes down when it has it, and is killed now and then while it does. */
const contender = `
import { appendFileSync } from 'node:fs';
import { takeLock } from './lock.mjs';
const path = process.argv[2];
const log = (word) => appendFileSync('log', word + ' ' + process.pid + '\\n');
for (let times = 0; times < 40; ) {
  try {
    const giveBack = takeLock(path, '.');
    times++;
    log('has');
    if (Math.random() < 0.02) {
      log('dies');
      process.kill(process.pid, 'SIGKILL');
    }
    log('gives');
    giveBack();
  } catch (error) {
    if (error.code !== 'run-exists') log('failed: ' + error.message);
  }
}
`;

it("is one process's at a time, however many want it and are killed with it", {
  timeout: 120_000,
}, async () => {
  const entry = join(import.meta.dirname, 'lock.ts');
  const outfile = join(folder, 'lock.mjs');
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile });
  await writeFile(join(folder, 'contender.mjs'), contender);
  const waves = process.env.VAE_TEST_LONG === '1' ? 20 : 2;
  for (let wave = 0; wave < waves; wave++) {
    const words = ['contender.mjs', path];
    const many = Array.from({ length: 12 }, () => spawn(process.execPath, words, { cwd: folder }));
    await Promise.all(many.map((child) => once(child, 'exit')));
  }
  const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
  // Lines are written while the lock is held, so they come in the order of its holders.
  const broken = lines.findIndex((line, i) => {
    const [word, pid] = line.split(' ');
    const before = lines[i - 1] ?? 'gives';
    return word === 'has' ? !/^(gives|dies)/.test(before) : before !== `has ${pid}`;
  });
  expect(lines.slice(Math.max(0, broken - 2), broken + 1)).toEqual([]);
  const taken = lines.filter((line) => line.startsWith('dies')).length;
  expect(taken).toBeGreaterThan(waves);
});
