import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileStore, Part } from '../../load/file-store.js';
import {
  type FileServer,
  fileServer,
  type Listener,
  serveFile,
  testBytes,
} from '../../testing/load/file-server.js';
import { diskStore } from './disk-store.js';
import { places } from './places.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-store-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a store on a disk', () => {
  const url = new URL('https://example.com/model/a.onnx');
  const validator = '"v1"';
  const bytes = testBytes(1_000);
  const limit = 2_000;
  const minute = 60_000;

  const store = (warn: (text: string) => void = (text) => expect.unreachable(text)): FileStore =>
    diskStore(folder, { warn, secureEvery: 100 });

  const dead: Part[] = [];

  afterEach(() => Promise.all(dead.splice(0).map((part) => part.end(false))));

  /** Writes the first bytes and stops without a word, as a process does that is killed. */
  async function die(length: number): Promise<string> {
    const part = await store().begin('a.onnx', url, limit);
    dead.push(part);
    await part.restart(validator);
    for (let at = 0; at < length; at += 30) await part.write(bytes.subarray(at, Math.min(at + 30, length)));
    return join(folder, (await readdir(folder)).find((name) => name.endsWith('.part'))!);
  }

  async function age(path: string): Promise<void> {
    const time = new Date(Date.now() - 2 * minute);
    await utimes(path, time, time);
  }

  it('has nothing at first', async () => {
    expect(await store().get('a.onnx', url, limit)).toBeUndefined();
    expect((await store().begin('a.onnx', url, limit)).left).toBeUndefined();
  });

  it('gives back what was kept, to those who ask for that address and may have that much', async () => {
    const part = await store().begin('a.onnx', url, limit);
    await part.restart(validator);
    await part.write(bytes);
    expect(await store().get('a.onnx', url, limit)).toBeUndefined();
    await part.keep({ bytes, validator, sha256: sha256(bytes) });
    await part.end(false);
    expect(await store().get('a.onnx', url, limit)).toEqual({ bytes, validator, sha256: sha256(bytes) });
    expect(await store().get('a.onnx', url, 999)).toBeUndefined();
    expect(await store().get('a.onnx', new URL('https://example.com/b'), limit)).toBeUndefined();
    expect((await readdir(folder)).sort()).toEqual(['a.onnx', 'a.onnx.json']);
  });

  it('continues a part that nobody writes to, from what has certainly reached the disk', async () => {
    const path = await die(250);
    await age(path);
    const part = await store().begin('a.onnx', url, limit);
    // Secured after 120 and 240 bytes, the first multiples of 30 beyond 100 more.
    expect(part.left).toEqual({ bytes: bytes.subarray(0, 240), validator });
    await part.write(bytes.subarray(240));
    await part.keep({ bytes, validator, sha256: sha256(bytes) });
    expect((await store().get('a.onnx', url, limit))!.bytes).toEqual(bytes);
    expect((await readdir(folder)).sort()).toEqual(['a.onnx', 'a.onnx.json']);
  });

  it('leaves a part alone that was written to within a minute, and sweeps it later', async () => {
    const path = await die(250);
    const part = await store().begin('a.onnx', url, limit);
    expect(part.left).toBeUndefined();
    await part.restart(validator);
    await age(path);
    await age(`${path}.json`);
    await part.write(bytes);
    await part.keep({ bytes, validator, sha256: sha256(bytes) });
    expect((await readdir(folder)).sort()).toEqual(['a.onnx', 'a.onnx.json']);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    [
      'of another address',
      async (path) => {
        const entry = JSON.parse(await readFile(`${path}.json`, 'utf8'));
        await writeFile(`${path}.json`, JSON.stringify({ ...entry, url: 'https://example.com/' }));
      },
    ],
    ['shorter than was noted', async (path) => writeFile(path, bytes.subarray(0, 239))],
    ['whose entry is damaged', async (path) => writeFile(`${path}.json`, '{')],
    ['whose entry is gone', async (path) => rm(`${path}.json`)],
    ['larger than is allowed', async (path) => writeFile(path, testBytes(limit + 1))],
  ])('does not continue a part %s', async (_, damage) => {
    const path = await die(250);
    await damage(path);
    await age(path);
    expect((await store().begin('a.onnx', url, limit)).left).toBeUndefined();
  });

  it('gives a part to one only', async () => {
    await age(await die(250));
    const parts = await Promise.all(Array.from({ length: 8 }, () => store().begin('a.onnx', url, limit)));
    expect(parts.filter(({ left }) => left !== undefined)).toHaveLength(1);
    expect((await store().begin('a.onnx', url, limit)).left).toBeUndefined();
  });

  it('hands a part on at once where its download ended', async () => {
    const part = await store().begin('a.onnx', url, limit);
    await part.restart(validator);
    await part.write(bytes.subarray(0, 50));
    await part.end(true);
    expect((await store().begin('a.onnx', url, limit)).left?.bytes).toEqual(bytes.subarray(0, 50));
  });

  it.each([
    [false, validator],
    [true, undefined],
  ])('removes a part that is not to be continued, or cannot be', async (resumable, validator) => {
    const part = await store().begin('a.onnx', url, limit);
    await part.restart(validator);
    await part.write(bytes);
    await part.end(resumable);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives way to a process that took its part over', async () => {
    const part = await store().begin('a.onnx', url, limit);
    await part.restart(validator);
    await part.write(bytes);
    await age(join(folder, (await readdir(folder)).find((name) => name.endsWith('.part'))!));
    const next = await store().begin('a.onnx', url, limit);
    expect(next.left!.bytes).toEqual(bytes);
    await part.keep({ bytes, validator, sha256: sha256(bytes) });
    expect(await readdir(folder)).toHaveLength(2);
    await next.keep({ bytes, validator, sha256: sha256(bytes) });
    expect((await store().get('a.onnx', url, limit))!.bytes).toEqual(bytes);
  });

  it('warns where it cannot write, and goes on', async () => {
    const warn = vi.fn();
    await writeFile(join(folder, 'sub'), '');
    const part = await store(warn).begin('sub/a.onnx', url, limit);
    await part.restart(validator);
    await part.write(bytes);
    await part.keep({ bytes, validator, sha256: sha256(bytes) });
    await part.end(false);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain('a.onnx cannot be kept for the next time: ');
    expect(await readdir(folder)).toEqual(['sub']);
  });

  it.runIf(process.platform === 'linux')(
    'warns where the system can make no folder, and goes on',
    async () => {
      // There, a folder is not found although the one above it is there.
      const warn = vi.fn();
      const part = await diskStore('/proc/models/web', { warn }).begin('a.onnx', url, limit);
      await part.restart(validator);
      expect(warn.mock.calls[0]![0]).toMatch(/cannot be kept for the next time: ENOENT/);
    },
  );
});

describe('processes that share a cache', () => {
  const bytes = testBytes(9 * 2 ** 20);
  const expected = { exactly: bytes.length, sha256: sha256(bytes) };
  const etag = '"v1"';
  const source = `hf:ada/digits@${'ab'.repeat(20)}`;
  let server: FileServer;
  let listener: Listener;
  let program: string;
  let folderOfProgram: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    server = await fileServer((request, response, nth) => listener(request, response, nth));
    folderOfProgram = await mkdtemp(join(tmpdir(), 'vae-program-'));
    program = join(folderOfProgram, 'read-file.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../../testing/load/read-file.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    server.requests.length = 0;
  });

  afterAll(async () => {
    await server.close();
    await rm(folderOfProgram, { recursive: true, force: true });
  });

  /** A process that reads the file; its end gives what it printed. */
  function read({ limited = false } = {}) {
    const args = [program, source, server.url, folder, 'a.onnx', JSON.stringify(expected)];
    // The file system refuses what goes beyond 4 MiB, as a full disk would.
    const limit = ['-c', 'ulimit -f 4096; exec "$0" "$@"', process.execPath];
    const child = limited ? spawn('bash', [...limit, ...args]) : spawn(process.execPath, args);
    children.push(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const end = new Promise<{ out: string; err: string }>((resolve) => {
      child.on('close', () => resolve({ out: out.trim(), err: err.trim() }));
    });
    return { child, end };
  }

  async function files(): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  const names = async () => (await files()).map((path) => path.replace(/.*[\\/]/, '')).sort();

  it('all get the right bytes, whose connections break now and then', { timeout: 60_000 }, async () => {
    listener = (request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth <= 4 ? 3 * 2 ** 20 : undefined });
    const ends = await Promise.all([read().end, read().end, read().end]);
    for (const { out, err } of ends) expect({ out, err }).toEqual({ out: expected.sha256, err: '' });
    expect(await names()).toEqual(['a.onnx', 'a.onnx.json']);
    const asked = server.requests.length;
    expect((await read().end).out).toBe(expected.sha256);
    expect(server.requests).toHaveLength(asked);
  });

  it('go on where a killed one was', { timeout: 60_000 }, async () => {
    listener = (request, response, nth) => {
      if (nth > 1) return serveFile(request, response, { bytes, etag });
      response
        .writeHead(200, { 'content-length': bytes.length, etag })
        .write(bytes.subarray(0, bytes.length - 1));
    };
    const { child, end } = read();
    await vi.waitFor(
      async () => expect(await names()).toContainEqual(expect.stringMatching(/\.part\.json$/)),
      20_000,
    );
    child.kill('SIGKILL');
    expect((await end).out).toBe('');
    const part = (await files()).find((path) => path.endsWith('.part'))!;
    expect((await stat(part)).size).toBeGreaterThanOrEqual(8 * 2 ** 20);
    const time = new Date(Date.now() - 120_000);
    await utimes(part, time, time);
    const place = await places.openFolder(source, { cache: folder, hub: { endpoint: server.url } });
    expect(sha256(await place.read('a.onnx', expected))).toBe(expected.sha256);
    const start = Number(/^bytes=(\d+)-$/.exec(server.requests[1]!.headers.range!)![1]);
    expect(start).toBeGreaterThanOrEqual(8 * 2 ** 20);
    expect(await names()).toEqual(['a.onnx', 'a.onnx.json']);
  });

  it.skipIf(process.platform === 'win32')(
    'load without a copy where the disk is full',
    { timeout: 60_000 },
    async () => {
      listener = (request, response) => serveFile(request, response, { bytes, etag });
      const { out, err } = await read({ limited: true }).end;
      expect(out).toBe(expected.sha256);
      expect(err).toMatch(
        /^@vae\/sdk: .*a\.onnx cannot be kept for the next time: EFBIG: file too large, write\. /,
      );
      expect(await names()).toEqual([]);
    },
  );
});
