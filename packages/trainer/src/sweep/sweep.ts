import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import { atomicWrite } from '../files/atomic-write.js';
import { makeFolder } from '../files/make-folder.js';
import { train } from '../run/train.js';
import type { TrainOptions, TrainResult } from '../run/types.js';
import type { Cell } from './grid.js';

const FILE = 'sweep.json';

/** What is kept of a run: enough for the table. */
export interface SweepRow
  extends Pick<TrainResult, 'train' | 'validation' | 'test' | 'steps' | 'samplesPerSecond'> {
  readonly name: string;
  readonly values: Cell['values'];
}

export interface SweepOptions
  extends Omit<TrainOptions, 'recipe' | 'dataset' | 'out' | 'resume' | 'overwrite'> {
  readonly cells: readonly Cell[];
  /** Opens the data of a cell; cells may differ in it. */
  readonly open: (cell: Cell) => Promise<Dataset>;
  /** A folder for all runs: each has a folder of its own in it, and `sweep.json` says what came out. */
  readonly out: string;
  readonly onRun?: (cell: Cell, index: number) => void;
}

export interface SweepResult {
  readonly out: string;
  readonly rows: readonly SweepRow[];
  readonly interrupted: boolean;
}

async function readRows(file: string): Promise<SweepRow[]> {
  if (!existsSync(file)) return [];
  try {
    const { rows } = JSON.parse(await readFile(file, 'utf8')) as { rows: SweepRow[] };
    if (rows.every(({ name }) => typeof name === 'string')) return rows;
  } catch {
    // Not JSON, or of another form: the same mistake.
  }
  throw new TrainerError('bad-file', `${file}: is not a sweep's file. Choose another --out.`);
}

/** The number that runs are ordered by: the bound on data held back, or how small the loss is where there is none. */
export function sweepScore({ validation, test, train }: Omit<SweepRow, 'name' | 'values'>): number {
  const judged = validation ?? test ?? train;
  return judged.bound ?? -judged.loss!;
}

/**
 * Trains the cells of a grid one after another. Called again with the same folder, it goes on: what is done stays,
 * a run that was stopped is resumed.
 *
 * @throws TrainerError as `train`, and "bad-file"
 */
export async function sweep({ cells, open, out, onRun, ...options }: SweepOptions): Promise<SweepResult> {
  const file = join(out, FILE);
  await makeFolder(out);
  const done = new Map((await readRows(file)).map((row) => [row.name, row]));
  for (const [index, cell] of cells.entries()) {
    if (done.has(cell.name)) continue;
    onRun?.(cell, index);
    const folder = join(out, cell.name);
    const resume = existsSync(folder);
    const dataset = await open(cell);
    const result = await train({ ...options, recipe: cell.recipe, dataset, out: folder, resume });
    if (result.interrupted) return { out, rows: [...done.values()], interrupted: true };
    const { train: trained, validation, test, steps, samplesPerSecond } = result;
    done.set(cell.name, {
      name: cell.name,
      values: cell.values,
      train: trained,
      validation,
      test,
      steps,
      samplesPerSecond,
    });
    await atomicWrite(file, `${JSON.stringify({ rows: [...done.values()] }, null, 2)}\n`);
  }
  return { out, rows: cells.map(({ name }) => done.get(name)!), interrupted: false };
}
