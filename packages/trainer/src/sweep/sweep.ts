import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import { atomicWrite } from '../files/atomic-write.js';
import { makeFolder } from '../files/make-folder.js';
import { RunFolder } from '../run/folder.js';
import type { Metrics } from '../run/metrics.js';
import { requireSameData } from '../run/resume/data-facts.js';
import { train } from '../run/train.js';
import type { TrainOptions, TrainResult } from '../run/types.js';
import type { Cell } from './grid.js';
import { begunWith, dataOf, requireSameCell, settingsOf, type TrainedWith } from './trained-with.js';

const FILE = 'sweep.json';

/** What is kept of a run: enough for the table. */
export interface TrainedRow
  extends Pick<Cell, 'name' | 'values'>,
    Pick<TrainResult, 'train' | 'validation' | 'test' | 'steps' | 'samplesPerSecond'> {}

/** What is kept of a run whose loss became no number: the same settings would end there again. */
export interface FailedRow extends Pick<Cell, 'name' | 'values'> {
  /** What `train` said. */
  readonly failed: string;
}

export type SweepRow = TrainedRow | FailedRow;

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

/** What `sweep.json` holds: a row for each cell that is done, and what it was trained with. */
interface Kept {
  readonly rows: readonly SweepRow[];
  /** By the cells' names; early files lack it. */
  readonly trainedWith?: Readonly<Record<string, TrainedWith>>;
}

async function readKept(file: string): Promise<Kept> {
  if (!existsSync(file)) return { rows: [] };
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Kept;
    if (kept.rows.every(({ name }) => typeof name === 'string')) return kept;
  } catch {
    // Not JSON, or of another form: the same mistake.
  }
  throw new TrainerError('bad-file', `${file}: is not a sweep's file. Choose another --out.`);
}

export const hasFailed = (row: SweepRow): row is FailedRow => 'failed' in row;

/** What a run is judged by: data held back where there are such. */
export const judgedOn = ({ validation, test, train }: TrainedRow): Metrics => validation ?? test ?? train;

/** The number that runs are ordered by: the bound, or how small the loss is where there is none; failed ones are last. */
export function sweepScore(row: SweepRow): number {
  if (hasFailed(row)) return Number.NEGATIVE_INFINITY;
  const { bound, loss } = judgedOn(row);
  return bound ?? -loss!;
}

/** @returns undefined for a run that was stopped */
async function trainCell({ name, values }: Cell, options: TrainOptions): Promise<SweepRow | undefined> {
  try {
    const { interrupted, train: trained, validation, test, steps, samplesPerSecond } = await train(options);
    return interrupted
      ? undefined
      : { name, values, train: trained, validation, test, steps, samplesPerSecond };
  } catch (error) {
    if (!(error instanceof TrainerError) || error.code !== 'not-a-number') throw error;
    options.events?.onNote?.(`${name} failed: ${error.message}`);
    return { name, values, failed: error.message };
  }
}

/**
 * Trains the cells of a grid one after another. Called again with the same folder, it goes on: what is done stays,
 * also a run that failed because its loss became no number; a run that was stopped is resumed.
 *
 * @throws TrainerError as `train` but for "not-a-number", "bad-file"; before anything is trained "bad-recipe" where a
 *   cell was trained with other settings, "bad-data" where it was trained with other data
 */
export async function sweep({ cells, open, out, onRun, ...options }: SweepOptions): Promise<SweepResult> {
  const file = join(out, FILE);
  // The runs of a sweep among the files of another run would keep that from going on.
  if (existsSync(new RunFolder(out).facts()))
    throw new TrainerError(
      'run-exists',
      `${out}: holds a run, and a sweep keeps its runs in folders of its own. Choose another --out.`,
    );
  await makeFolder(out);
  const kept = await readKept(file);
  const done = new Map(kept.rows.map((row) => [row.name, row]));
  const trainedWith = new Map(Object.entries(kept.trainedWith ?? {}));
  for (const cell of cells) {
    const folder = join(out, cell.name);
    const then = trainedWith.get(cell.name) ?? (await begunWith(folder, options));
    // An early file, and no folder that could tell
    if (!then) done.delete(cell.name);
    else requireSameCell(then, settingsOf(cell.recipe, options), folder);
    if (then?.data) requireSameData(then, await dataOf(cell.recipe, await open(cell)), folder);
  }
  for (const [index, cell] of cells.entries()) {
    if (done.has(cell.name)) continue;
    onRun?.(cell, index);
    const folder = join(out, cell.name);
    const resume = existsSync(folder);
    const dataset = await open(cell);
    const row = await trainCell(cell, { ...options, recipe: cell.recipe, dataset, out: folder, resume });
    if (!row) return { out, rows: [...done.values()], interrupted: true };
    done.set(cell.name, row);
    const settings = settingsOf(cell.recipe, options);
    trainedWith.set(cell.name, { settings, data: await dataOf(cell.recipe, dataset) });
    const written = { rows: [...done.values()], trainedWith: Object.fromEntries(trainedWith) };
    await atomicWrite(file, `${JSON.stringify(written, null, 2)}\n`);
  }
  return { out, rows: cells.map(({ name }) => done.get(name)!), interrupted: false };
}
