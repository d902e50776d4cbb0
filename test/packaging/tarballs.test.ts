import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePng } from '@vae/sdk/media';
import { expect, it } from 'vitest';
import { lastJson, root, run, withFolder } from '../support/project.js';

const npm = (args: string[], cwd: string) => run('npm', args, { cwd, env: { npm_config_audit: 'false' } });
const npx = (args: string[], cwd: string) => run('npx', ['--no-install', ...args], { cwd });

async function pack(name: string, into: string): Promise<void> {
  const packed = await run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--pack-destination', into], {
    cwd: join(root, 'packages', name),
  });
  expect(packed, packed.stderr).toMatchObject({ code: 0 });
}

it('the packed packages, installed in an empty folder, train and sample', { timeout: 600_000 }, () =>
  withFolder(async (folder) => {
    for (const name of ['sdk', 'trainer', 'cli']) await pack(name, folder);
    const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    expect(tarballs).toHaveLength(3);
    await npm(['init', '--yes'], folder);
    const installed = await npm(['install', ...tarballs.map((name) => `./${name}`)], folder);
    expect(installed, installed.stderr).toMatchObject({ code: 0 });

    const trained = await npx(
      ['vae-train', 'seed-cvae', '--data', 'digits', '--steps', '50', '--out', 'run', '--json'],
      folder,
    );
    expect(trained, trained.stderr).toMatchObject({ code: 0 });
    expect(lastJson(trained)).toMatchObject({ steps: 50, out: 'run' });

    const sampled = await npx(
      ['vae', 'sample', 'mnist-conv', '-n', '16', '--seed', '1', '-o', 'grid.png'],
      folder,
    );
    expect(sampled, sampled.stderr).toMatchObject({ code: 0 });
    const { width, data } = decodePng(await readFile(join(folder, 'grid.png')));
    expect(width).toBeGreaterThanOrEqual(4 * 28);
    expect(new Set(data).size).toBeGreaterThan(100);

    const packageFiles = await readdir(join(folder, 'node_modules/@vae/cli'));
    expect(packageFiles).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']),
    );
    expect(packageFiles).not.toContain('src');
  }),
);
