import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Where `setup-peers.mjs` puts what it installs. */
export const PEERS_FOLDER = process.env.BENCH_PEERS || join(cache, 'vae', 'bench-peers');

/** The Python of one of its environments. */
export const pythonIn = (name) =>
  join(PEERS_FOLDER, name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** The package that `vae-train setup tfjs` has made, if it has. */
function preparedTfjs() {
  const bin = join(import.meta.dirname, '../../packages/trainer/bin/vae-train.js');
  const { stdout, status } = spawnSync(process.execPath, [bin, 'setup', '--json'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const found = JSON.parse(stdout).setups.find(({ ready }) => ready && !ready.gpu);
  return found?.ready.packageFolder;
}

/** What each peer runs in: the variable that names another one, and where it is otherwise. */
const places = {
  torch: { variable: 'BENCH_TORCH_PYTHON', usual: () => pythonIn('torch') },
  keras: { variable: 'BENCH_KERAS_PYTHON', usual: () => pythonIn('keras') },
  npm: { variable: 'BENCH_NPM', usual: () => join(PEERS_FOLDER, 'npm') },
  'tfjs-node': { variable: 'BENCH_TFJS_NODE', usual: preparedTfjs },
};

/**
 * Finds what a peer runs in.
 *
 * @param name torch, keras, npm or tfjs-node
 * @returns `{ path }`, or `{ missing }`: a sentence that says what to do
 */
export function findPlace(name) {
  const { variable, usual } = places[name];
  const path = process.env[variable] || usual();
  if (path && existsSync(path)) return { path };
  return { missing: `not set up: run \`node bench/setup-peers.mjs ${name}\`, or name one in ${variable}` };
}
