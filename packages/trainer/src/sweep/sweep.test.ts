import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { makeGrid, parseAxis } from './grid.js';
import {
  type FailedRow,
  type SweepOptions,
  type SweepRow,
  sweep,
  sweepScore,
  type TrainedRow,
} from './sweep.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-sweep-'));
});
afterEach(() => rm(root, { recursive: true }));

const cells = makeGrid(tinyRecipe({ epochs: 1 }), [parseAxis('latent=1,2'), parseAxis('lr=0.01,0.001')]);
const options = () => ({ cells, open: async () => tinyDataset(), threads: 1, out: join(root, 'sweep') });

describe('a sweep', () => {
  it('trains every cell once and keeps what came out', async () => {
    const begun: string[] = [];
    const onRun = ({ name }: { name: string }) => void begun.push(name);
    const { rows, interrupted } = await sweep({ ...options(), onRun });
    expect(interrupted).toBe(false);
    expect(begun).toEqual(cells.map(({ name }) => name));
    expect((rows as TrainedRow[]).map(({ name, values, steps }) => ({ name, values, steps }))).toEqual(
      cells.map(({ name, values }) => ({ name, values, steps: 6 })),
    );
    // The smaller rate has learned less after six steps.
    expect(sweepScore(rows[0])).toBeGreaterThan(sweepScore(rows[1]));
    expect(JSON.parse(await readFile(join(root, 'sweep', 'sweep.json'), 'utf8')).rows).toHaveLength(4);
    const again = await sweep({ ...options(), onRun });
    expect(begun).toHaveLength(4);
    expect(JSON.stringify(again.rows)).toBe(JSON.stringify(rows));
  });

  it('goes on where it was stopped, inside a run too', async () => {
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => {
      if (++steps === 9) controller.abort();
    };
    const first = await sweep({ ...options(), signal: controller.signal, events: { onStep } });
    expect([first.interrupted, first.rows.length]).toEqual([true, 1]);
    const { rows } = await sweep({ ...options(), events: { onStep } });
    // Nine steps before, and the other fifteen of four runs of six.
    expect([rows.length, steps]).toEqual([4, 24]);
    const straight = await sweep({ ...options(), out: join(root, 'straight') });
    const told = (rows: readonly SweepRow[]) =>
      (rows as TrainedRow[]).map(({ train, test }) => ({ train, test }));
    expect(told(rows)).toEqual(told(straight.rows));
  });

  describe('that is called again', () => {
    const file = () => join(root, 'sweep', 'sweep.json');
    const kept = async () => JSON.parse(await readFile(file(), 'utf8'));
    /** The grid over another recipe. */
    const gridOf = (changes: Parameters<typeof tinyRecipe>[0]) =>
      makeGrid(tinyRecipe({ epochs: 1, ...changes }), [parseAxis('latent=1,2')]);
    const run = (given: Partial<SweepOptions> = {}) => sweep({ ...options(), cells: gridOf({}), ...given });

    it.each<[string, Partial<SweepOptions>]>([
      ['"epochs" is 2 (it was 1)', { cells: gridOf({ epochs: 2 }) }],
      ['"steps" is 4 (it was none), "epochs" is none (it was 1)', { steps: 4 }],
      [
        '"objective.type" is "autoencoder" (it was "elbo"), "seed" is 7 (it was 3)',
        { cells: gridOf({ seed: 7, objective: 'autoencoder' }) },
      ],
      [
        '"data.source" is "mnist" (it was "digits")',
        { cells: gridOf({ data: { source: 'mnist', binarize: 0.5 } }) },
      ],
      ['"timeLimit" is 60 (it was none)', { timeLimit: 60 }],
    ])('refuses other settings: %s', async (said, changes) => {
      const { rows } = await run();
      const refusal = run(changes);
      await expect(refusal).rejects.toMatchObject({ code: 'bad-recipe' });
      await expect(refusal).rejects.toThrow(
        `${join(root, 'sweep', 'latent-1')}: was trained with other settings: ${said}. Leave them as they were, or choose another --out.`,
      );
      expect((await kept()).rows).toEqual(JSON.parse(JSON.stringify(rows)));
    });

    it('takes another name, and more values of the grid', async () => {
      await run();
      const more = makeGrid(tinyRecipe({ epochs: 1, name: 'other' }), [parseAxis('latent=1,2,3')]);
      const begun: string[] = [];
      await run({ cells: more, onRun: ({ name }) => void begun.push(name) });
      expect(begun).toEqual(['latent-3']);
    });

    it('refuses other data of the same name', async () => {
      await run();
      await expect(run({ open: async () => tinyDataset({ train: 43 }) })).rejects.toMatchObject({
        code: 'bad-data',
        message: expect.stringContaining('44 samples then, 43 now'),
      });
    });

    it('refuses other settings in a cell that is half done', async () => {
      const controller = new AbortController();
      const events = { onStep: () => controller.abort() };
      await run({ signal: controller.signal, events });
      await expect(run({ cells: gridOf({ batch: 4 }) })).rejects.toThrow('"batch" is 4 (it was 8)');
    });

    it('asks the folders where its file is an early one', async () => {
      await run();
      const { rows } = await kept();
      await writeFile(file(), JSON.stringify({ rows }));
      await expect(run({ cells: gridOf({ epochs: 2 }) })).rejects.toThrow('"epochs" is 2 (it was 1)');
      // One that cannot tell is trained again.
      await rm(join(root, 'sweep', 'latent-1'), { recursive: true });
      const begun: string[] = [];
      await run({ onRun: ({ name }) => void begun.push(name) });
      expect(begun).toEqual(['latent-1']);
    });
  });

  it('leaves a run alone that is in its folder', async () => {
    await mkdir(join(root, 'sweep'));
    await writeFile(join(root, 'sweep', 'run.json'), '{}');
    await expect(sweep(options())).rejects.toMatchObject({
      code: 'run-exists',
      message: `${join(root, 'sweep')}: holds a run, and a sweep keeps its runs in folders of its own. Choose another --out.`,
    });
  });

  it('goes on after a cell that diverged, and does not train it again', async () => {
    // Nearly the largest float32: the second step has no finite loss.
    const axis = parseAxis('lr=3e38,0.01,0.001');
    const diverging = { ...options(), cells: makeGrid(tinyRecipe({ epochs: 1 }), [axis]) };
    const begun: string[] = [];
    const notes: string[] = [];
    const onRun = ({ name }: { name: string }) => void begun.push(name);
    const events = { onNote: (text: string) => void notes.push(text) };
    const { rows, interrupted } = await sweep({ ...diverging, onRun, events });
    expect([begun.length, interrupted]).toEqual([3, false]);
    const failed = expect.stringMatching(/not finite|became NaN/);
    expect(rows[0]).toEqual({ name: 'lr-3e+38', values: { lr: 3e38 }, failed });
    expect(notes).toEqual([`lr-3e+38 failed: ${(rows[0] as FailedRow).failed}`]);
    expect([...rows].sort((a, b) => sweepScore(b) - sweepScore(a)).map(({ name }) => name)).toEqual([
      'lr-0.01',
      'lr-0.001',
      'lr-3e+38',
    ]);
    const again = await sweep({ ...diverging, onRun });
    expect(begun).toHaveLength(3);
    expect(again.rows[0]).toEqual(rows[0]);
  });

  it('ends at any other failure', async () => {
    const open = async () => ({
      ...tinyDataset(),
      train: { size: 44, read: () => Promise.reject(new Error('no disk')) },
    });
    await expect(sweep({ ...options(), open })).rejects.toThrow('no disk');
  });

  it('refuses a file of another kind', async () => {
    await sweep({ ...options(), cells: cells.slice(0, 1) });
    await writeFile(join(root, 'sweep', 'sweep.json'), '{"rows": 3}');
    await expect(sweep(options())).rejects.toThrow(
      /sweep\.json: is not a sweep's file\. Choose another --out\./,
    );
  });
});
