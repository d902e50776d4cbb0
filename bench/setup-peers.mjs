// Installs the peers in a cache folder, with pinned versions: node bench/setup-peers.mjs [torch] [keras] [npm] [tfjs-node]
// Needs Python 3.11 or later for the first two, and what `vae-train setup tfjs` needs for the last. BENCH_PEERS names
// another folder. PyTorch from PyPI brings CUDA along: some 6 GB.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPlace, PEERS_FOLDER, pythonIn } from './harness/places.mjs';

const peersHere = join(import.meta.dirname, 'peers');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const python = process.env.PYTHON ?? 'python3';

function run(program, args, options) {
  console.log(`> ${program} ${args.join(' ')}`);
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error || status !== 0) throw new Error(`${program} failed: ${error?.message ?? `exit code ${status}`}`);
}

function environment(name) {
  const folder = join(PEERS_FOLDER, name);
  run(python, ['-m', 'venv', folder]);
  const requirements = join(peersHere, `requirements-${name}.txt`);
  run(pythonIn(name), ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements]);
}

const peers = {
  torch: () => environment('torch'),
  keras: () => environment('keras'),
  npm: () => {
    const folder = join(PEERS_FOLDER, 'npm');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(peersHere, 'npm/package.json'), join(folder, 'package.json'));
    run(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  },
  // Its native part is built against TensorFlow's own library, which the trainer knows how to do.
  'tfjs-node': () =>
    run(process.execPath, [
      join(import.meta.dirname, '../packages/trainer/bin/vae-train.js'),
      'setup',
      'tfjs',
    ]),
};

const asked = process.argv.slice(2);
const strange = asked.find((name) => !Object.hasOwn(peers, name));
if (strange) {
  console.error(`There is no peer "${strange}". Known: ${Object.keys(peers).join(', ')}.`);
  process.exit(2);
}
const failed = [];
for (const name of asked.length > 0 ? asked : Object.keys(peers)) {
  try {
    peers[name]();
    console.log(`${name}: ${findPlace(name).path ?? 'installed, but not found'}\n`);
  } catch (error) {
    failed.push(`${name}: ${error.message}`);
  }
}
if (failed.length > 0) {
  console.error(failed.join('\n'));
  process.exitCode = 1;
}
