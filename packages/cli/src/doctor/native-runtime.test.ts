import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasNativeBuild, installCommand, installNativePackage, projectOf } from './native-runtime.js';

const version = JSON.parse(readFileSync(new URL('../../../sdk/package.json', import.meta.url), 'utf8'))
  .optionalDependencies['onnxruntime-node'];

it('names the version that the SDK is tested with', () => {
  expect(installCommand()).toBe(`ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@${version}`);
});

it('knows the machines that there are no binaries for', () => {
  const machine = { os: 'linux', architecture: 'x64', musl: false, distributions: [], nvidia: false };
  expect(hasNativeBuild(machine)).toBe(true);
  expect(hasNativeBuild({ ...machine, musl: true })).toBe(false);
  expect(hasNativeBuild({ ...machine, os: 'darwin' })).toBe(false);
  expect(hasNativeBuild({ ...machine, os: 'darwin', architecture: 'arm64' })).toBe(true);
});

it.each([
  ['/home/me/app/node_modules/@vae/sdk/package.json', '/home/me/app'],
  ['/home/me/app/node_modules/.pnpm/@vae+sdk@1/node_modules/@vae/sdk/package.json', '/home/me/app'],
  ['C:\\app\\node_modules\\@vae\\sdk\\package.json', 'C:\\app'],
  ['/checkout/packages/sdk/package.json', undefined],
])('%s lies in the project %s', (manifest, project) => {
  expect(projectOf(manifest)).toBe(project);
});

describe.skipIf(process.platform === 'win32')('installNativePackage', () => {
  let project: string;
  let npm: string;
  beforeEach(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), 'vae-project-')));
    npm = join(project, 'npm.sh');
    mkdirSync(join(project, 'node_modules/@vae/sdk'), { recursive: true });
    writeFileSync(npm, '#!/bin/sh\necho "$PWD: $ONNXRUNTIME_NODE_INSTALL: $*" > called\n');
    chmodSync(npm, 0o755);
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const install = () =>
    installNativePackage({ from: join(project, 'node_modules/@vae/sdk/package.json'), npm });
  const called = () => readFileSync(join(project, 'called'), 'utf8').trim();

  it('runs npm in the project, without the install script', async () => {
    writeFileSync(join(project, 'package.json'), '{}');
    await install();
    expect(called()).toBe(`${project}: skip: install onnxruntime-node@${version}`);
  });

  it('installs globally beside a global SDK', async () => {
    await install();
    expect(called()).toBe(`${project}: skip: install --global onnxruntime-node@${version}`);
  });

  it('leaves a project of another package manager alone', async () => {
    writeFileSync(join(project, 'pnpm-lock.yaml'), '');
    await expect(install()).rejects.toThrow(
      `"${project}" is kept by pnpm; run there: ONNXRUNTIME_NODE_INSTALL=skip pnpm add onnxruntime-node@${version}`,
    );
    expect(existsSync(join(project, 'called'))).toBe(false);
  });

  it('says when npm fails, is not there, or there is no project', async () => {
    writeFileSync(npm, '#!/bin/sh\nexit 7\n');
    await expect(install()).rejects.toThrow(
      `npm could not install onnxruntime-node@${version} (exit code 7); see above.`,
    );
    rmSync(npm);
    await expect(install()).rejects.toThrow(/^npm did not start: .*ENOENT/);
    await expect(installNativePackage({ from: '/checkout/packages/sdk/package.json' })).rejects.toThrow(
      '@vae/sdk lies in no node_modules folder',
    );
  });
});
