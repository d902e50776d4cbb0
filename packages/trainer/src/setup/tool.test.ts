import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findOnPath, runTool } from './tool.js';

const node = (script: string, options = {}) => runTool(process.execPath, ['-e', script], options);

it('gives the exit code, stdout alone, and both streams line by line', async () => {
  const lines: string[] = [];
  const outcome = await node('process.stdout.write("a\\nb"); console.error("c"); process.exitCode = 3', {
    onLine: (line: string) => lines.push(line),
  });
  expect(outcome).toMatchObject({ code: 3, stdout: 'a\nb' });
  expect(outcome.output).toHaveLength(5);
  // A line that was not ended is none, so that half a line is never shown.
  expect(lines).toContain('a');
});

it('keeps the end of a long output', async () => {
  const { stdout } = await node('process.stdout.write("x".repeat(1e6) + "end")');
  expect(stdout).toHaveLength(2 ** 18);
  expect(stdout.endsWith('xend')).toBe(true);
});

it('says why a program does not start, and which signal ended one', async () => {
  expect(await runTool('/nowhere/program', [])).toMatchObject({ code: null, error: { code: 'ENOENT' } });
  expect(await node('process.kill(process.pid, "SIGTERM")')).toMatchObject({
    code: null,
    endedBy: 'SIGTERM',
  });
});

it('ends also what the program has started, and throws the reason', async () => {
  const stop = new AbortController();
  const script =
    'const child = require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);' +
    'console.log(child.pid); setTimeout(() => {}, 60000)';
  let grandchild = 0;
  const running = node(script, {
    signal: stop.signal,
    onLine: (line: string) => {
      grandchild = Number(line);
      stop.abort(new Error('stopped'));
    },
  });
  await expect(running).rejects.toThrow('stopped');
  await expect.poll(() => isAlive(grandchild)).toBe(false);
  await expect(node('', { signal: stop.signal })).rejects.toThrow('stopped');
});

/** A process that has ended but that nobody has asked about yet is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await runTool('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-tool-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.skipIf(process.platform === 'win32')('finds programs on PATH, and no other files', () => {
  writeFileSync(join(folder, 'thing'), '');
  const env = { PATH: ['', '/nowhere', folder].join(delimiter) };
  expect(findOnPath('thing', env)).toBeUndefined();
  chmodSync(join(folder, 'thing'), 0o755);
  expect(findOnPath('thing', env)).toBe(join(folder, 'thing'));
  expect(findOnPath('thing', {})).toBeUndefined();
});
