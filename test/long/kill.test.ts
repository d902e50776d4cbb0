import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uniform } from '@vae/sdk/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { long, node, temporaryFolder, vaeTrain } from '../support/project.js';
import { writeSmallRecipe } from '../support/small-recipe.js';

/** Runs that save after every step, and how often they are killed: at random times, and at every so many points of saving. */
const runs = [
  { name: 'of one thread', recipe: 'dense', threads: 1, kills: long ? 200 : 6, everyPoint: long ? 1 : 7 },
  // Convolutions are divided over threads, which meet in every step.
  { name: 'of three threads', recipe: 'conv', threads: 3, kills: long ? 200 : 4, everyPoint: long ? 1 : 14 },
] as const;

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  await writeSmallRecipe(folder, 'dense', 12);
  const dense = JSON.parse(await readFile(join(folder, 'dense.json'), 'utf8'));
  const encoder = [
    { type: 'reshape', shape: [1, 4, 4] },
    { type: 'conv2d', filters: 2, kernel: 3, stride: 2, padding: 1 },
    'tanh',
    'flatten',
  ];
  const conv = { ...dense, name: 'conv', model: { ...dense.model, encoder } };
  await writeFile(join(folder, 'conv.json'), JSON.stringify(conv));
});
afterAll(() => remove());

async function vaeTrainTo(steps: number, out: string, ...more: string[]): Promise<string> {
  const done = await node(
    [
      vaeTrain,
      ...more,
      '--steps',
      String(steps),
      '--json',
      ...(more.includes('--resume') ? [] : ['--out', out]),
    ],
    { cwd: folder },
  );
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return done.stderr;
}

/** What two runs must have in common to the last bit: weights, moments, position, logged losses, the model. */
async function remains(out: string) {
  const read = (name: string) => readFile(join(folder, out, name));
  const lines = (await read('metrics.jsonl')).toString().split('\n');
  const steps = lines.filter((line) => line.startsWith('{"kind":"step"'));
  const files = ['checkpoints/last.zip', 'vae/encoder.onnx', 'vae/decoder.onnx'];
  return {
    steps,
    files: await Promise.all(files.map(async (name) => (await read(name)).toString('base64'))),
  };
}

/** The last step that was logged in full; 0 before the first. Its checkpoint may be one behind, never two. */
async function lastLogged(out: string): Promise<number> {
  const text = await readFile(join(folder, out, 'metrics.jsonl'), 'utf8').catch(() => '');
  const steps = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { step: number });
  return steps.at(-1)?.step ?? 0;
}

describe.each(runs)('a run $name that is killed and goes on', ({ recipe, threads, kills, everyPoint }) => {
  const words = [`${recipe}.json`, '--threads', String(threads), '--log', 'none'];
  const saving = [...words, '--checkpoint-every', '1', '--log-every', '1'];
  const [random, straight, whole] = ['random', 'straight', 'whole'].map((name) => `${recipe}-${name}`);

  it(`loses nothing at ${kills} random times`, { timeout: 3_600_000 }, async () => {
    const moments = uniform({ seed: Date.now() % 2 ** 32, stream: 'kill' }, 2 * kills);
    const saved: number[] = [];
    for (let i = 0; i < kills; i++) {
      const before = await lastLogged(random);
      // At first there may be no recipe yet to go on with.
      const isThere = existsSync(join(folder, random, 'recipe.json'));
      const way = isThere ? ['--resume', random] : ['--out', random];
      const child = spawn(process.execPath, [vaeTrain, ...saving, ...way, '--steps', '1000000'], {
        cwd: folder,
      });
      const exited = once(child, 'exit');
      let said = '';
      const begun = new Promise<void>((resolve) => {
        child.stderr.on('data', (chunk) => {
          said += chunk;
          if (said.includes('parameters')) resolve();
        });
      });
      // Every fourth while it is starting, the others while it trains and saves.
      if (i % 4 !== 3) await Promise.race([begun, exited]);
      await new Promise((resolve) => setTimeout(resolve, moments[2 * i] * 600));
      expect(child.exitCode, said).toBe(null);
      child.kill('SIGKILL');
      await exited;
      const from = /resumed after step (\d+)/.exec(said);
      if (from) {
        expect(Number(from[1])).toBeGreaterThanOrEqual(before - 1);
        saved.push(Number(from[1]));
      }
    }
    const steps = (await lastLogged(random)) + 3;
    const said = await vaeTrainTo(steps, random, ...saving, '--resume', random);
    expect(said).toMatch(/resumed after step \d+/);
    await vaeTrainTo(steps, straight, ...words, '--log-every', '1');
    expect(await remains(random)).toEqual(await remains(straight));
    expect(saved).toEqual([...saved].sort((a, b) => a - b));
    expect((await readdir(join(folder, random, 'checkpoints'))).sort()).toEqual(['last.zip', 'previous.zip']);
  });

  it('loses nothing at each point of saving', { timeout: 3_600_000 }, async () => {
    const steps = 4;
    const preload = `--import=${pathToFileURL(join(import.meta.dirname, 'kill-at.mjs'))}`;
    const killedAt = (point: number, out: string) =>
      node([preload, vaeTrain, ...saving, '--steps', String(steps), '--out', out], {
        cwd: folder,
        env: { VAE_TEST_KILL_AT: String(point) },
      });
    const complete = await killedAt(0, whole);
    expect(complete, complete.stderr).toMatchObject({ code: 0 });
    const points = complete.stderr.match(/^point \d+: .*$/gm)!;
    expect(points.join('\n')).toMatch(
      /half written[\s\S]*after fsync[\s\S]*before rename .*last\.zip[\s\S]*after rename .*previous\.zip/,
    );
    const expected = await remains(whole);
    for (let point = 1; point <= points.length; point += everyPoint) {
      const out = `${recipe}-point-${point}`;
      const killed = await killedAt(point, out);
      expect(killed.code, killed.stderr).toBe(-1);
      await vaeTrainTo(steps, out, ...saving, '--resume', out);
      expect(await remains(out), points[point - 1]).toEqual(expected);
      const left = await readdir(join(folder, out, 'checkpoints'));
      expect(left.sort(), points[point - 1]).toEqual(['last.zip', 'previous.zip']);
    }
  });
});
