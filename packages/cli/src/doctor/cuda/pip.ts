import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { oneLine, UsageError } from '@vae/trainer/terminal';
import type { OpenWheel, WheelSource } from './source.js';
import type { Wheel } from './wheels.js';

/** The build that is taken, whatever Python and machine pip itself runs on; see `isTheBuild`. */
const build = [
  ...['--implementation', 'cp', '--python-version', '3.12'],
  ...['manylinux_2_28', 'manylinux_2_27', 'manylinux_2_17', 'manylinux2014'].flatMap((name) => [
    '--platform',
    `${name}_x86_64`,
  ]),
];

const pollMs = 250;

/** Python's pip where there is one: it knows the user's index, proxies and certificates. It compares checksums itself. */
export async function findPip(
  pythons: readonly string[] = ['python3', 'python'],
): Promise<WheelSource | undefined> {
  for (const python of pythons) {
    if (await succeeds(spawn(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }))) {
      return { name: 'pip', open: (wheel, options) => download(python, wheel, options) };
    }
  }
  return undefined;
}

async function succeeds(child: ChildProcess): Promise<boolean> {
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  } catch {
    return false;
  }
}

async function* download(
  python: string,
  { project, version }: Wheel,
  { scratch, onBytes }: OpenWheel,
): AsyncGenerator<Uint8Array> {
  const requirement = `${project}==${version}`;
  const words = ['--no-deps', '--only-binary=:all:', ...build, '--no-cache-dir', '--progress-bar', 'off'];
  const child = spawn(python, ['-m', 'pip', 'download', ...words, '--dest', scratch, requirement], {
    // pip downloads into a temporary folder first, and that of the system may be small.
    env: { ...process.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const watch = setInterval(
    () => void largestFile(scratch).then((file) => onBytes(file?.bytes ?? 0)),
    pollMs,
  );
  const done = await succeeds(child);
  clearInterval(watch);
  if (!done) {
    const reason =
      complaint
        .split('\n')
        .filter((line) => line.startsWith('ERROR:'))
        .at(-1) ?? complaint;
    throw new UsageError(oneLine(`pip could not download ${requirement}: ${reason.replace('ERROR: ', '')}`));
  }
  const wheel = await largestFile(scratch);
  if (wheel === undefined)
    throw new UsageError(`pip has downloaded ${requirement}, but it is not in "${scratch}".`);
  onBytes(wheel.bytes);
  yield* createReadStream(wheel.path, { highWaterMark: 2 ** 20 });
  await rm(wheel.path);
}

/** The wheel, finished or growing: the largest of the files in a folder and one level below. */
async function largestFile(folder: string, levels = 1): Promise<{ path: string; bytes: number } | undefined> {
  let largest: { path: string; bytes: number } | undefined;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    const file = entry.isDirectory()
      ? levels > 0 && (await largestFile(path, levels - 1))
      : { path, bytes: (await stat(path).catch(() => undefined))?.size ?? 0 };
    if (file && file.bytes > (largest?.bytes ?? -1)) largest = file;
  }
  return largest;
}
