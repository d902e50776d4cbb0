import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type IndexServer, startIndex, tinyWheel } from '../testing/wheel.js';
import { findPip } from './pip.js';

const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;
const wheel = tinyWheel('some-project', '1.2', ['liba.so']);

let scratch: string;
let server: IndexServer;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'vae-pip-'));
  server = await startIndex([wheel]);
  vi.stubEnv('PIP_INDEX_URL', server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
  await server.close();
});

describe.skipIf(!hasPip)('findPip (skipped without Python and pip)', () => {
  it("downloads through pip from the user's index, and leaves nothing behind", async () => {
    const pip = (await findPip())!;
    const chunks: Uint8Array[] = [];
    const seen: number[] = [];
    for await (const chunk of pip.open(wheel, { scratch, onBytes: (bytes) => seen.push(bytes) }))
      chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(wheel.bytes));
    expect(seen.at(-1)).toBe(wheel.bytes.length);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("gives pip's own reason in one line", async () => {
    const pip = (await findPip())!;
    const none = { ...wheel, version: '9.9' };
    const first = pip
      .open(none, { scratch, onBytes: () => {} })
      [Symbol.asyncIterator]()
      .next();
    await expect(first).rejects.toMatchObject({
      name: 'UsageError',
      message:
        'pip could not download some-project==9.9: No matching distribution found for some-project==9.9',
    });
  });
});

it('is undefined where there is no Python', async () => {
  expect(await findPip(['no-such-python'])).toBeUndefined();
  expect(await findPip(['false'])).toBeUndefined();
});
