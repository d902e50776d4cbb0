import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quietCommander, runCommand } from '../terminal/index.js';
import { setUp } from './setup.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'vae-setup-'));
  vi.stubEnv('VAE_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** The command with its streams caught: what it wrote and its exit code. */
async function run(...argv: string[]) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await runCommand(async () => {
    const command = quietCommander(new Command('vae-train setup'), streams);
    setUp(command, streams);
    await command.parseAsync(argv, { from: 'user' });
  }, streams);
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

it('lists what can be set up, and that nothing is', async () => {
  expect(await run()).toEqual({
    code: 0,
    stdout: 'vae-train setup tfjs        not set up\nvae-train setup tfjs --gpu  not set up\n',
    stderr: '',
  });
  const { setups } = JSON.parse((await run('--json')).stdout) as { setups: object[] };
  expect(setups).toEqual([
    { command: 'vae-train setup tfjs', ready: null },
    { command: 'vae-train setup tfjs --gpu', ready: null },
  ]);
});

it('knows no other names', async () => {
  const { code, stderr } = await run('tfsj');
  expect([code, stderr]).toEqual([
    2,
    'setup "tfsj" is not known; did you mean "tfjs"? Choose one of: tfjs.\n',
  ]);
});

it.skipIf(process.platform !== 'linux')('ends with one line where a compiler is missing', async () => {
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('CXX', '');
  const { code, stdout, stderr } = await run('tfjs', '--json');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^tfjs-node is built from its sources, which needs g\+\+ and make; .*\n$/);
  expect(readdirSync(cache)).toEqual([]);
});
