import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node, run, temporaryFolder, vaeTrain } from '../support/project.js';
import { writeSmallRecipe } from '../support/small-recipe.js';

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

/** A small disk of its own in place of a folder. */
function mount(path: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
}
const unmount = (path: string) => execFileSync('umount', [path]);

function mayMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'vae-mount-'));
  try {
    mount(path, 'size=1m');
    unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}
const canMount = isLinux && isRoot && mayMount();

const words = [
  'faults.json',
  '--threads',
  '1',
  '--log',
  'none',
  '--checkpoint-every',
  '10',
  '--log-every',
  '1',
];

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  // Checkpoints of some 100 KB
  await writeSmallRecipe(folder, 'faults', 200);
});
afterAll(() => remove());

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;
const files = async (path: string): Promise<string[]> => (await readdir(join(folder, path))).sort();

/** Goes on with a run and says after which step that was. */
async function goOn(out: string, steps: number): Promise<number> {
  const done = await node([vaeTrain, ...words, '--resume', out, '--steps', String(steps)], { cwd: folder });
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return Number(/resumed after step (\d+)/.exec(done.stderr)?.[1]);
}

/** Weights, moments and position, and the logged losses. */
async function remains(out: string) {
  const log = await readFile(join(folder, out, 'metrics.jsonl'), 'utf8');
  const checkpoint = await readFile(join(folder, out, 'checkpoints/last.zip'));
  return [log.split('\n').filter((line) => line.includes('"kind":"step"')), checkpoint.toString('base64')];
}

describe('a disk that is full', () => {
  it.skipIf(!canMount)(
    'stops the run with its file and size, and the checkpoints stay (needs leave to mount)',
    async () => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      mount(disk, 'size=1m');
      try {
        const command = [vaeTrain, ...words, '--keep-every', '10', '--steps', '400', '--out', 'disk/run'];
        const stopped = await node(command, { cwd: folder });
        expect(stopped.code).toBe(2);
        const message =
          /^disk\/run\/checkpoints\/last\.zip: could not write the checkpoint after step (\d+), (\d+) bytes: no space left on the disk; the one before it is untouched\. Make room .* go on with --resume\.$/;
        expect(lastLine(stopped.stderr)).toMatch(message);
        const [, step, bytes] = message.exec(lastLine(stopped.stderr))!.map(Number);
        expect(bytes).toBeGreaterThan(90_000);
        const left = await files('disk/run/checkpoints');
        expect(left.slice(0, 2)).toEqual(['last.zip', 'previous.zip']);
        // All that were to be kept are there, and no half of another.
        expect(left.slice(2)).toHaveLength(step / 10 - 1);
        mount(disk, 'remount,size=4m');
        expect(await goOn('disk/run', step)).toBe(step - 10);
      } finally {
        unmount(disk);
      }
    },
  );

  it.skipIf(!isLinux)('or a file that may not be that large', async () => {
    const command = [process.execPath, vaeTrain, ...words, '--steps', '50', '--out', 'limited'];
    const stopped = await run('bash', ['-c', 'ulimit -f 60; exec "$@"', 'bash', ...command], { cwd: folder });
    expect(stopped.code).toBe(2);
    expect(lastLine(stopped.stderr)).toMatch(
      /^limited\/checkpoints\/last\.zip: could not write the checkpoint after step 10, \d+ bytes: it is too large; there is none before it\./,
    );
    expect(await files('limited/checkpoints')).toEqual([]);
    await node([vaeTrain, ...words, '--steps', '50', '--out', 'free'], { cwd: folder });
    expect(await goOn('limited', 50)).toBeNaN();
    expect(await remains('limited')).toEqual(await remains('free'));
  });
});

describe('a folder', () => {
  it('that is deleted while training ends the run', async () => {
    const command = [vaeTrain, ...words, '--steps', '1000000', '--out', 'deleted'];
    const child = spawn(process.execPath, command, { cwd: folder });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const closed = once(child, 'close');
    await expect.poll(() => said, { timeout: 30_000 }).toContain('epoch 1 ');
    await rm(join(folder, 'deleted'), { recursive: true, force: true, maxRetries: 20 });
    const [code] = await closed;
    expect(code).toBe(2);
    // Whatever it was about to write next.
    expect(lastLine(said)).toMatch(
      /^deleted: the run folder was deleted, moved or emptied while training, so what was trained is lost\. Start again\.$|^Cannot write "deleted\/.*": there is no such file or folder\.$/,
    );
  });

  // Root may write where permissions say no, so for root the disk is made read-only.
  it.skipIf(!isLinux || (isRoot && !canMount))(
    'that is read-only is refused, and stays as it is',
    async () => {
      const path = join(folder, 'locked');
      await mkdir(path);
      if (isRoot) mount(path, 'size=4m');
      try {
        const done = await node([vaeTrain, ...words, '--steps', '10', '--out', 'locked'], { cwd: folder });
        expect(done, done.stderr).toMatchObject({ code: 0 });
        const before = await files('locked');
        if (isRoot) mount(path, 'remount,ro');
        else await chmod(path, 0o555);
        const command = [vaeTrain, ...words, '--resume', 'locked', '--steps', '20'];
        const tried = await node(command, { cwd: folder });
        expect(tried.code).toBe(2);
        const why = isRoot ? 'the file system is read-only' : 'permission denied';
        expect(lastLine(tried.stderr)).toBe(`Cannot write "locked/run.lock": ${why}.`);
        expect(await files('locked')).toEqual(before);
      } finally {
        if (isRoot) unmount(path);
        else await chmod(path, 0o755);
      }
    },
  );
});

it('a second run in the same folder is refused, and the first does not notice', async () => {
  const command = [vaeTrain, ...words, '--steps', '1000000', '--out', 'taken'];
  const first = spawn(process.execPath, command, { cwd: folder });
  let said = '';
  first.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const closed = once(first, 'close');
  await expect.poll(() => said, { timeout: 30_000 }).toContain('epoch 1 ');
  for (const way of ['--resume', '--overwrite', '--out']) {
    const folderWords = way === '--overwrite' ? ['--out', 'taken', way] : [way, 'taken'];
    const second = await node([vaeTrain, ...words, '--steps', '5', ...folderWords], { cwd: folder });
    expect(second.code).toBe(2);
    expect(lastLine(second.stderr)).toMatch(
      way === '--out'
        ? /^taken: holds a run already\./
        : new RegExp(`^taken: process ${first.pid} is training in this folder\\. Wait for it`),
    );
  }
  first.kill('SIGTERM');
  expect((await closed)[0]).toBe(143);
  const step = Number(/--resume taken/.test(said) && (await goOn('taken', 1)));
  expect(step).toBeGreaterThan(100);
});

/** Loaded before a program; through NODE_OPTIONS before each of its threads too. */
const preload = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;

it('a clock that jumps changes nothing', async () => {
  const jumps = preload(
    'const now = Date.now; let calls = 0; Date.now = () => now() + 3.6e6 * (calls++ % 2 === 0 ? 1 : -1);',
  );
  const train = (out: string, ...more: string[]) =>
    node([...more, vaeTrain, ...words, '--steps', '130', '--out', out], { cwd: folder });
  const [steady, jumping] = [await train('steady'), await train('jumping', jumps)];
  expect([steady.code, jumping.code], jumping.stderr).toEqual([0, 0]);
  expect(await remains('jumping')).toEqual(await remains('steady'));
});

it.each([
  ['main', /heap out of memory/],
  [
    'engine',
    /^The engine's thread stopped with an error \(.*memory limit.*\)\. A smaller batch needs less memory; /m,
  ],
])('memory that runs out in the %s thread ends the run, which can go on', async (thread, message) => {
  const leak = preload(`
    import { isMainThread } from 'node:worker_threads';
    import { existsSync } from 'node:fs';
    const all = [];
    const timer = setInterval(() => {
      if (existsSync('leaking-${thread}/checkpoints/last.zip')) for (;;) all.push(new Array(1e5).fill(all.length));
    }, 50);
    timer.unref();
    if (isMainThread !== ${thread === 'main'}) clearInterval(timer);
  `);
  const out = `leaking-${thread}`;
  const command = ['--max-old-space-size=150', vaeTrain, ...words, '--steps', '1000000', '--out', out];
  // Threads get what the environment names, and not the process's own flags.
  const ended = await node(command, { cwd: folder, env: { NODE_OPTIONS: leak } });
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toMatch(message);
  const after = await goOn(out, 1);
  expect(after).toBeGreaterThanOrEqual(10);
});
