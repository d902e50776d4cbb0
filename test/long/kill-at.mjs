// Loaded before a program: counts what it does with files under "checkpoints" and kills it at point VAE_TEST_KILL_AT.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

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

const open = promises.open;
promises.open = async (path, flags, ...rest) => {
  const file = await open(path, flags, ...rest);
  if (!isCheckpoint(path) || flags !== 'wx') return file;
  const [writeFile, sync] = [file.writeFile.bind(file), file.sync.bind(file)];
  file.writeFile = async (bytes) => {
    point('before the first byte');
    const half = bytes.length >> 1;
    await file.write(bytes.subarray(0, half));
    point('half written');
    await writeFile(bytes.subarray(half));
  };
  file.sync = async () => {
    point('before fsync');
    await sync();
    point('after fsync');
  };
  return file;
};
syncBuiltinESMExports();
