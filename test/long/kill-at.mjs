// Loaded before a program: counts what it does with files under "checkpoints" and kills it at point VAE_TEST_KILL_AT.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { writeInHalves } from './half-writes.mjs';

const at = Number(process.env.VAE_TEST_KILL_AT);
const { promises } = fs;
let points = 0;

/** @param {string} what */
function point(what) {
  points++;
  fs.writeSync(2, `point ${points}: ${what}\n`);
  if (points === at) process.kill(process.pid, 'SIGKILL');
}

/** @param {unknown} path */
const isCheckpoint = (path) => typeof path === 'string' && path.includes('checkpoints');
/** @param {unknown[]} paths */
const names = (paths) =>
  paths.filter(isCheckpoint).map((path) => basename(String(path)).replace(/[0-9a-f]{12}/, '#'));

for (const name of ['link', 'rename', 'rm']) {
  const real = promises[name];
  promises[name] = async (...given) => {
    if (!given.some(isCheckpoint)) return real(...given);
    const what = `${name} ${names(given).join(' to ')}`;
    point(`before ${what}`);
    const result = await real(...given);
    point(`after ${what}`);
    return result;
  };
}

writeInHalves(isCheckpoint, point);
syncBuiltinESMExports();
