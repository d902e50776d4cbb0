import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node, temporaryFolder, vaeTrain } from '../support/project.js';
import { writeSmallRecipe } from '../support/small-recipe.js';

const preload = `--import=${pathToFileURL(join(import.meta.dirname, 'slow-at.mjs'))}`;
const words = ['signals.json', '--threads', '2', '--log', 'none', '--checkpoint-every', '10'];
const STEPS = 20;
/** "At once", on a machine that is busy. */
const MOST_MS = 3000;

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  await writeSmallRecipe(folder, 'signals', 12);
});
afterAll(() => remove());

const filesOf = async (out: string) =>
  (await readdir(join(folder, out), { recursive: true })).map(String).sort();

/** Sends a signal twice once `isBusy`, and says how the process ended: by that signal, which a shell counts as `code`. */
async function stoppedTwice(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT', isBusy: () => boolean) {
  const closed = once(child, 'close');
  await expect.poll(isBusy, { timeout: 60_000 }).toBe(true);
  child.kill(signal);
  await new Promise((resolve) => setTimeout(resolve, 300));
  // The first one asks for an orderly end, which takes a while.
  expect(child.exitCode ?? child.signalCode).toBe(null);
  const asked = performance.now();
  child.kill(signal);
  const [, by] = await closed;
  return { code: 128 + constants.signals[by as NodeJS.Signals], milliseconds: performance.now() - asked };
}

/** Trains with a disk that gets stuck in the middle of a file. */
function stuckAt(file: string, out: string) {
  const child = spawn(
    process.execPath,
    [preload, vaeTrain, ...words, '--steps', String(STEPS), '--out', out],
    {
      cwd: folder,
      env: { ...process.env, VAE_TEST_SLOW_AT: file },
    },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return { child, isBusy: () => said.includes('half written') };
}

describe('a second signal ends a run at once', () => {
  let whole: string[];
  beforeAll(async () => {
    const done = await node([vaeTrain, ...words, '--steps', String(STEPS), '--out', 'whole'], {
      cwd: folder,
    });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    whole = await filesOf('whole');
  });

  it.each([
    ['the first checkpoint is saved', 'last.zip', 'SIGTERM', 143],
    ['an epoch is judged', 'latent.json', 'SIGINT', 130],
    ['the best weights are exported', 'encoder.onnx', 'SIGTERM', 143],
    ['the report is written', 'report.html', 'SIGINT', 130],
  ] as const)('while %s, and leaves nothing half written', async (_, file, signal, expected) => {
    const out = `at-${file}`;
    const { child, isBusy } = stuckAt(file, out);
    const { code, milliseconds } = await stoppedTwice(child, signal, isBusy);
    expect(code).toBe(expected);
    expect(milliseconds).toBeLessThan(MOST_MS);
    // What is half written has a name of its own.
    const left = await filesOf(out);
    const named = left.filter((name) => !/\.[0-9a-f]{12}\.tmp/.test(name));
    expect(left.length).toBeGreaterThan(named.length);
    expect(named.some((name) => name.endsWith(file))).toBe(false);
    expect(existsSync(join(folder, out, 'run.lock'))).toBe(true);
    const again = await node([vaeTrain, ...words, '--steps', String(STEPS), '--resume', out], {
      cwd: folder,
    });
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(again.stderr).not.toContain('not a usable checkpoint');
    expect(await filesOf(out)).toEqual(whole);
  });

  it('while the engine computes', async () => {
    const command = [vaeTrain, 'seed-beta-64', '--steps', '2', '--log-every', '1', '--log', 'none'];
    const child = spawn(process.execPath, [...command, '--out', 'computes'], {
      cwd: folder,
      stdio: 'ignore',
    });
    const log = join(folder, 'computes/metrics.jsonl');
    let trained = 0;
    // Some way into the judging of many samples
    const isBusy = () => {
      if (trained === 0 && existsSync(log) && readFileSync(log, 'utf8').includes('"step":2'))
        trained = performance.now();
      return trained > 0 && performance.now() - trained > 1500;
    };
    const { code, milliseconds } = await stoppedTwice(child, 'SIGTERM', isBusy);
    expect(code).toBe(143);
    expect(milliseconds).toBeLessThan(MOST_MS);
  });
});
