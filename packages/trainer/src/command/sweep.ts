import type { Command } from 'commander';
import type { Dataset } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import type { Recipe } from '../recipe/recipe.js';
import { type Axis, type Cell, makeGrid, parseAxis } from '../sweep/grid.js';
import { hasFailed, judgedOn, type SweepResult, sweep, sweepScore } from '../sweep/sweep.js';
import { createOutput, type Output, parseFolder, type Streams } from '../terminal/index.js';
import { addEngineOptions, type EngineFlags, requireDevice } from './engine-options.js';
import { inFolder } from './fresh-folder.js';
import { addRecipeOptions, type RecipeFlags, resolveRecipe } from './recipe-options.js';
import { downloadProgress, reportProgress } from './report-progress.js';
import { addRunOptions, type RunFlags } from './run-options.js';
import { stopOnSignal } from './stop-on-signal.js';

interface SweepFlags extends RecipeFlags, EngineFlags, RunFlags {
  readonly grid: readonly Axis[];
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train sweep` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  addRecipeOptions(command)
    .requiredOption(
      '--grid <key=values>',
      'a key of the recipe and its values: latent=2,8, lr=1e-3,1e-4, objective.beta=1,4; more than once for a grid',
      (text: string, before: readonly Axis[] = []) => [...before, parseAxis(text)],
    )
    .option(
      '--out <dir>',
      'folder for all runs (default: runs/<recipe>-sweep-<time>); one that holds this sweep goes on',
      parseFolder('--out'),
    )
    .option('--json', 'end with one JSON object on stdout');
  addRunOptions(addEngineOptions(command), {
    timeLimit: 'end each run after so long, with a model: 90s, 30m, 2h',
  }).action((word: string | undefined, flags: SweepFlags) => run(word, flags, streams));
}

const number = (value: number | null | undefined): string =>
  typeof value === 'number' ? value.toFixed(3) : '-';

/** The runs as lines, the best first. */
function table({ rows, out }: SweepResult): string {
  const ordered = [...rows].sort((a, b) => sweepScore(b) - sweepScore(a));
  const width = Math.max(...ordered.map(({ name }) => name.length), 3);
  const columns = ['bound', 'loss', 'kl'];
  const head = ['run'.padEnd(width), ...columns.map((name) => name.padStart(12))].join('');
  const lines = ordered.map((row) => {
    if (hasFailed(row)) return `${row.name.padEnd(width)}  failed: ${row.failed}`;
    const judged = judgedOn(row);
    return [row.name.padEnd(width), ...columns.map((term) => number(judged[term]).padStart(12))].join('');
  });
  return [head, ...lines, `nats per sample, on data held back where there are such; runs are in ${out}`].join(
    '\n',
  );
}

async function run(word: string | undefined, flags: SweepFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  requireDevice(flags);
  const recipe = await resolveRecipe(word, flags);
  const cells = makeGrid(recipe, flags.grid);
  await inFolder(flags.out, `${recipe.name}-sweep`, (out) =>
    sweepIn(out, { recipe, cells, flags, streams, output }),
  );
}

interface Sweeping {
  readonly recipe: Recipe;
  readonly cells: readonly Cell[];
  readonly flags: SweepFlags;
  readonly streams: Streams;
  readonly output: Output;
}

async function sweepIn(out: string, { recipe, cells, flags, streams, output }: Sweeping): Promise<void> {
  const stop = stopOnSignal();
  const opened = new Map<string, Dataset>();
  const { engine, device, threads, timeLimit, log } = flags;
  const progress = reportProgress(recipe, streams, output);
  const stopped = () => {
    progress.finish();
    output.note(`Stopped. Go on with the same command and --out ${out}`);
    // Without a signal it was its data set that did not answer, which is bad input.
    process.exitCode = stop.exitCode() || 2;
  };
  try {
    const result = await sweep({
      cells,
      ...{ engine, device, threads, timeLimit, log },
      out,
      signal: stop.signal,
      events: progress,
      onRun: ({ name }, index) => output.note(`run ${index + 1} of ${cells.length}: ${name}`),
      open: async ({ recipe: { data, seed } }) => {
        const key = `${seed} ${data.source}`;
        const known = opened.get(key);
        if (known) return known;
        const dataset = await openDataset(data.source, {
          seed,
          signal: stop.signal,
          onNote: output.note,
          onProgress: downloadProgress(streams),
        });
        opened.set(key, dataset);
        return dataset;
      },
    });
    progress.finish();
    const failed = result.rows.filter(hasFailed).length;
    if (failed > 0) {
      output.note(`${failed} of ${cells.length} runs failed. They are not trained again in ${out}.`);
      process.exitCode = 2;
    }
    if (result.interrupted) stopped();
    output.result(result, result.rows.length > 0 ? table(result) : '');
  } catch (error) {
    // Between two runs, or before the first began.
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    stopped();
    // What is done already is in the sweep's file.
    output.result({ out, interrupted: true });
  } finally {
    progress.finish();
    stop.dispose();
    for (const dataset of opened.values()) await dataset.close?.();
  }
}
