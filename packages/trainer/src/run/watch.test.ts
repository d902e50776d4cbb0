import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from './folder.js';
import { type WatchServer, watchRun } from './watch.js';

let folder: RunFolder;
let server: WatchServer;
beforeEach(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), 'vae-watch-')));
  await writeFile(folder.recipe(), '{"name":"tiny"}');
  await writeFile(folder.facts(), '{"caveat":"","machine":[],"shape":[1],"steps":9}');
  server = await watchRun(folder, { port: 0, refreshSeconds: 3 });
});
afterEach(async () => {
  await server.close();
  await rm(folder.path, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Sends a path as it is, which `fetch` would tidy up first. */
const ask = (path: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const sent = request({ hostname, port, path, ...options }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, text });
    });
    sent.on('error', reject);
    sent.end();
  });

describe('watchRun', () => {
  it('serves the report of a run that is under way, with strict headers, on this machine alone', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, headers, text } = await ask('/');
    expect(status).toBe(200);
    expect(text).toContain('<h1>tiny</h1>');
    expect(text).toContain('<meta http-equiv="refresh" content="3">');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    '/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/recipe.json',
    '//127.0.0.1/',
    '/?file=/etc/passwd',
    '/%00',
    `/${'a'.repeat(4000)}`,
  ])('has nothing at %s', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404, text: 'The report is at /.\n' });
  });

  it('refuses other methods, and other names for this machine', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask('/', { method })).status).toBe(405);
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await ask('/', { headers: { host: 'localhost:6007' } })).status).toBe(200);
  });

  it('makes one page for many who ask at once, and shows what is new a moment later', async () => {
    const pages = await Promise.all(Array.from({ length: 40 }, () => ask('/')));
    expect(new Set(pages.map(({ text }) => text)).size).toBe(1);
    await writeFile(folder.recipe(), '{"name":"renamed"}');
    await expect.poll(async () => (await ask('/')).text, { timeout: 5000 }).toContain('<h1>renamed</h1>');
  });

  it('says what is wrong with a log, and goes on', async () => {
    await writeFile(folder.metrics(), 'no log\n');
    await expect.poll(async () => (await ask('/')).status, { timeout: 5000 }).toBe(500);
    expect((await ask('/')).text).toContain('line 1 is not a record of a run');
    await rm(folder.metrics());
    await expect.poll(async () => (await ask('/')).status, { timeout: 5000 }).toBe(200);
  });

  it('says when its port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(watchRun(folder, { port, refreshSeconds: 3 })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-option',
      message: `--port ${port} is taken; choose another, or 0 for any that is free.`,
    });
  });
});
