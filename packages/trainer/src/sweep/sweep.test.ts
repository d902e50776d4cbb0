import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { makeGrid, parseAxis } from './grid.js';
import { sweep, sweepScore } from './sweep.js';

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
    expect(rows.map(({ name, values, steps }) => ({ name, values, steps }))).toEqual(
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
    expect(rows.map(({ train, test }) => ({ train, test }))).toEqual(
      straight.rows.map(({ train, test }) => ({ train, test })),
    );
  });

  it('refuses a file of another kind', async () => {
    await sweep({ ...options(), cells: cells.slice(0, 1) });
    await writeFile(join(root, 'sweep', 'sweep.json'), '{"rows": 3}');
    await expect(sweep(options())).rejects.toThrow(
      /sweep\.json: is not a sweep's file\. Choose another --out\./,
    );
  });
});
