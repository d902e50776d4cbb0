import { afterEach, describe, expect, it } from 'vitest';
import { type IndexServer, type IndexServerOptions, startIndex, tinyWheel } from '../testing/wheel.js';
import { packageIndex } from './package-index.js';
import type { WheelSource } from './source.js';
import type { Wheel } from './wheels.js';

const wheel = tinyWheel('some-project', '1.2', ['liba.so']);
const older = tinyWheel('some-project', '1.1', ['liba.so']);

let server: IndexServer | undefined;
afterEach(() => server?.close());

async function start(options?: IndexServerOptions) {
  server = await startIndex([older, wheel], options);
  return { server, source: packageIndex({ env: { PIP_INDEX_URL: server.url } }) };
}

async function bytesOf(
  source: WheelSource,
  wanted: Wheel = wheel,
  onBytes: (bytes: number) => void = () => {},
) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open(wanted, { scratch: '/nowhere', onBytes })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('packageIndex', () => {
  it.each(['html', 'json'] as const)('finds the version that is wanted on a page in %s', async (form) => {
    const { server, source } = await start({ form });
    const seen: number[] = [];
    expect(await bytesOf(source, wheel, (bytes) => seen.push(bytes))).toEqual(Buffer.from(wheel.bytes));
    expect(seen.at(-1)).toBe(wheel.bytes.length);
    expect(server.requests).toEqual(['/simple/some-project/', `/files/${wheel.filename}`]);
    expect(source.name).toBe(new URL(server.url).host);
  });

  it("takes uv's setting before pip's, and keeps a password to the index", async () => {
    const { server } = await start();
    const url = new URL(server.url.replace(/\/$/, ''));
    url.username = 'me';
    url.password = 'a b';
    const env = { UV_INDEX_URL: url.href, PIP_INDEX_URL: 'https://elsewhere.invalid/simple' };
    await bytesOf(packageIndex({ env }));
    expect(server.requests[0]).toBe('me:a b@/simple/some-project/');
  });

  it('does not send the password to another server', async () => {
    const asked: [string, string | null][] = [];
    const answer = async (input: RequestInfo | URL, init?: RequestInit) => {
      asked.push([String(input), new Headers(init?.headers).get('authorization')]);
      const page = `<a href="https://files.invalid/${wheel.filename}#sha256=${'0'.repeat(64)}">${wheel.filename}</a>`;
      return new Response(page);
    };
    const source = packageIndex({
      env: { PIP_INDEX_URL: 'https://me:secret@index.invalid/x' },
      fetch: answer,
    });
    await expect(bytesOf(source)).rejects.toThrow('has the SHA-256');
    expect(asked).toEqual([
      ['https://index.invalid/x/some-project/', `Basic ${btoa('me:secret')}`],
      [`https://files.invalid/${wheel.filename}`, null],
    ]);
  });

  it('refuses bytes with another checksum', async () => {
    const { source } = await start({
      sent: ({ bytes }) => bytes.map((byte, place) => (place === 500 ? byte ^ 1 : byte)),
    });
    await expect(bytesOf(source)).rejects.toThrow(
      /^some-project 1\.2 could not be downloaded .* has the SHA-256 \w+, the index says/,
    );
  });

  it('says what is not there', async () => {
    const { server, source } = await start();
    const { host } = new URL(server.url);
    await expect(bytesOf(source, { ...wheel, version: '9' })).rejects.toThrow(
      `some-project 9 could not be downloaded from ${host}: ${server.url}some-project/ has no wheel of version 9 for Linux on x64. Behind a proxy`,
    );
    await expect(bytesOf(source, { ...wheel, project: 'other' })).rejects.toThrow('HTTP 404');
    await server.close();
    await expect(bytesOf(source)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(`from ${host}: .+\\. Behind a proxy`),
    });
    expect(() => packageIndex({ env: { PIP_INDEX_URL: 'nowhere' } })).toThrow(
      'The package index "nowhere" is no URL',
    );
  });

  it('asks the public index where the user names none', () => {
    expect(packageIndex({ env: {} }).name).toBe('pypi.org');
  });
});
