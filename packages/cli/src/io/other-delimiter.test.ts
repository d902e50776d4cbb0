import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherDelimiter } from './other-delimiter.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-delimiter-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a table with other signs between its columns', () => {
  it('is given the option that names them', async () => {
    const file = join(folder, 'semi.csv');
    writeFileSync(file, 'a;b\n1;2\n');
    const found = await otherDelimiter(`csv:${file}?`, { shape: [2], columns: ['a', 'b'] }, undefined);
    expect(found?.message).toContain(`give it as "csv:${file}?delimiter=;".`);
    expect(await otherDelimiter(`csv:${file}?`, { shape: [2], columns: ['c'] }, undefined)).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('is not waited for where it is a pipe', async () => {
    const pipe = join(folder, 'pipe.csv');
    execFileSync('mkfifo', [pipe]);
    expect(await otherDelimiter(`csv:${pipe}?`, { shape: [2] }, undefined)).toBeUndefined();
  });
});
