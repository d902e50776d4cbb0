import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readPlainFile } from './read-plain-file.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-plain-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('reads a file, and an empty one', async () => {
  writeFileSync(join(folder, 'a'), 'text');
  writeFileSync(join(folder, 'b'), '');
  expect((await readPlainFile(join(folder, 'a'), { maxBytes: 4 })).toString()).toBe('text');
  expect(await readPlainFile(join(folder, 'b'), { maxBytes: 4 })).toHaveLength(0);
});

it.each([
  ['missing', 'there is no such file or folder.'],
  ['a/b', 'a part of the path is a file, not a folder.'],
  ['.', 'it is a folder.'],
  ['large', 'it holds 5 bytes, more than the 4 that are read here.'],
])('refuses %s', async (name, reason) => {
  writeFileSync(join(folder, 'large'), '12345');
  const path = join(folder, name);
  await expect(readPlainFile(path, { maxBytes: 4 })).rejects.toMatchObject({
    name: 'TrainerError',
    code: 'bad-file',
    message: `Cannot read "${path}": ${reason}`,
  });
});

it.skipIf(process.platform === 'win32')('does not wait for pipes and devices', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero', '/dev/null']) {
    await expect(readPlainFile(path, { maxBytes: 4 })).rejects.toThrow(
      `Cannot read "${path}": it is not a plain file.`,
    );
  }
});
