import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MakeOnce, makeOnce, size } from './make-once.js';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vae-once-'));
  folder = join(root, 'cache', 'thing');
});
afterEach(() => rmSync(root, { recursive: true }));

const find = () =>
  existsSync(join(folder, 'text')) ? readFileSync(join(folder, 'text'), 'utf8') : undefined;

/** Writes a text; `find` reads it back. */
const make = (text: string, options: Partial<MakeOnce<string>> = {}) =>
  makeOnce(folder, {
    find,
    needs: 0,
    build: async (part) => writeFileSync(join(part, 'text'), text),
    ...options,
  });

const names = () => readdirSync(join(root, 'cache'));

it('builds once, also when asked for twice at the same time', async () => {
  let built = 0;
  const build = async (part: string) => writeFileSync(join(part, 'text'), `build ${++built}`);
  expect(await Promise.all([make('', { build }), make('', { build })])).toEqual(['build 1', 'build 1']);
  expect(await make('', { build })).toBe('build 1');
  expect(names()).toEqual(['thing']);
});

it('leaves nothing when building fails, and builds the next time', async () => {
  const build = async (part: string) => {
    writeFileSync(join(part, 'half'), '');
    throw new Error('no');
  };
  await expect(make('', { build })).rejects.toThrow('no');
  expect(names()).toEqual([]);
  expect(await make('whole')).toBe('whole');
});

it('makes anew what is not whole, and removes what killed processes have left', async () => {
  for (const name of ['thing', 'thing.1234.part']) mkdirSync(join(root, 'cache', name), { recursive: true });
  writeFileSync(join(folder, 'half'), '');
  expect(await make('whole')).toBe('whole');
  expect(names()).toEqual(['thing']);
  expect(readdirSync(folder)).toEqual(['text']);
});

it('keeps the old one until the new one is whole', async () => {
  await make('old');
  const seen: (string | undefined)[] = [];
  const build = async (part: string) => {
    seen.push(find());
    if (seen.length === 1) throw new Error('no');
    writeFileSync(join(part, 'text'), 'new');
  };
  await expect(make('', { build, rebuild: true })).rejects.toThrow('no');
  expect(await make('', { build, rebuild: true })).toBe('new');
  expect(seen).toEqual(['old', 'old']);
  expect(names()).toEqual(['thing']);
});

it('refuses a disk that is too small, and a cache that is no folder', async () => {
  await expect(make('', { needs: 1e18 })).rejects.toThrow(
    /"[^"]*cache" has .* free, and this needs 1000000000.0 GB. Make room, or .* VAE_CACHE/,
  );
  rmSync(join(root, 'cache'), { recursive: true });
  writeFileSync(join(root, 'cache'), '');
  await expect(make('')).rejects.toMatchObject({
    code: 'setup-failed',
    message: expect.stringMatching(/a file of that name is in the way\. .*VAE_CACHE\.$/),
  });
});

it.each([
  [999e6, '999 MB'],
  [1e9, '1.0 GB'],
  [3.44e9, '3.4 GB'],
])('writes %d bytes as %s', (bytes, text) => expect(size(bytes)).toBe(text));
