import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertCanBuild, assertPlainPath, findHeaders, findNpm } from './machine.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'vae-machine-')));
});
afterEach(() => rmSync(root, { recursive: true }));

function programs(...names: string[]): NodeJS.ProcessEnv {
  for (const name of names) writeFileSync(join(root, name), '', { mode: 0o755 });
  return { PATH: ['/nowhere', root].join(delimiter) };
}

describe('assertCanBuild', () => {
  const can = (machine: object, gpu = false) =>
    assertCanBuild({ gpu }, { platform: 'linux', arch: 'x64', env: programs('g++', 'make'), ...machine });

  it('takes Linux with a compiler', () => {
    expect(() => can({})).not.toThrow();
    expect(() => can({}, true)).not.toThrow();
    expect(() => can({ arch: 'arm64' })).not.toThrow();
  });

  it.each([
    [{ platform: 'win32' }, false, /cannot be set up on Windows itself; use Linux in WSL 2.*--engine ort/],
    [{ platform: 'darwin' }, false, /on darwin this has never been tried\. Train with --engine ort/],
    [{ arch: 'riscv64' }, false, /no builds for Linux on riscv64/],
    [{ arch: 'arm64' }, true, /CUDA builds for Linux on x64 only, not on arm64; leave out --gpu/],
  ])('refuses %o (gpu %s)', (machine, gpu, message) => {
    expect(() => can(machine, gpu)).toThrow(message);
  });

  it('names the missing tools and the packages that bring them', () => {
    const missing = (env: NodeJS.ProcessEnv) => () => can({ env });
    expect(missing({ PATH: '/nowhere' })).toThrow(
      'tfjs-node is built from its sources, which needs g++ and make; not on PATH. Debian or Ubuntu: apt-get install g++ make; ' +
        'Fedora: dnf install gcc-c++ make.',
    );
    expect(missing({ ...programs('g++', 'make'), CXX: 'clang++ -v' })).toThrow(
      /needs clang\+\+; not on PATH/,
    );
    expect(missing({ ...programs(), CXX: join(root, 'g++') })).not.toThrow();
  });
});

it.each([
  ['/home/jörg/.cache/vae', undefined],
  ['/mnt/my disk/vae', /has a space in its name.*VAE_CACHE/],
  ['/mnt/a:b', /has ":" in its name/],
])('sees whether make can build in %s', (path, message) => {
  if (message) expect(() => assertPlainPath(path)).toThrow(message);
  else expect(() => assertPlainPath(path)).not.toThrow();
});

it('takes the npm beside Node, else the one on PATH', () => {
  const beside = join(process.execPath, '..', 'npm');
  expect(findNpm(programs('npm'))).toBe(existsSync(beside) ? beside : join(root, 'npm'));
});

it("finds Node's headers beside it, and none of another version", () => {
  const execPath = join(root, 'bin', 'node');
  for (const folder of ['bin', 'include/node']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(execPath, '');
  expect(findHeaders(execPath, '22.1.0')).toBeUndefined();
  writeFileSync(
    join(root, 'include/node/node_version.h'),
    '#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 3\n',
  );
  expect(findHeaders(execPath, '22.1.0')).toBe(root);
  expect(findHeaders(execPath, '20.3.0')).toBeUndefined();
});
