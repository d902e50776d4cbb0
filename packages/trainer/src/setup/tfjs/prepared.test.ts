import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bindingIn, findPrepared, packageIn, preparedFolder, TFJS_VERSION } from './prepared.js';

let root: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vae-prepared-'));
  env = { VAE_CACHE: root };
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const library = () => join(root, 'libtensorflow_cc.so.2');

/** What a finished set-up leaves, with another mark or without some of its files. */
function put({ gpu = false, version = TFJS_VERSION, binding = true, hasLibrary = true } = {}): string {
  const folder = preparedFolder({ gpu }, env);
  if (binding) write(bindingIn(packageIn(folder)), '');
  if (hasLibrary) write(library(), '');
  const mark = { version, tensorflow: '2.21.0', library: library(), napi: 8 };
  write(join(folder, 'prepared.json'), JSON.stringify(mark));
  return folder;
}

it('finds the installation of its kind', () => {
  expect(findPrepared({ gpu: true }, env)).toBeUndefined();
  const folder = put({ gpu: true });
  expect(findPrepared({ gpu: true }, env)).toEqual({
    gpu: true,
    packageFolder: join(folder, 'node_modules/@tensorflow/tfjs-node'),
    version: TFJS_VERSION,
    tensorflow: '2.21.0',
  });
  expect(findPrepared({ gpu: false }, env)).toBeUndefined();
});

it.each([
  ['the binding is gone', { binding: false }],
  ['the library is gone', { hasLibrary: false }],
  ['it is of another version', { version: '4.21.0' }],
])('finds none where %s', (_, damage) => {
  put(damage);
  expect(findPrepared({ gpu: false }, env)).toBeUndefined();
});

it('finds none where the mark is damaged', () => {
  write(join(put(), 'prepared.json'), '{"version":');
  expect(findPrepared({ gpu: false }, env)).toBeUndefined();
});
