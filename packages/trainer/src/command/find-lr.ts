import type { Command } from 'commander';
import type { Dataset } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { atomicWrite } from '../files/atomic-write.js';
import { requireWritable } from '../files/require-writable.js';
import { drawRates } from '../run/range-test/drawing.js';
import { type RangeTest, testRates } from '../run/range-test/range-test.js';
import { createOutput, createProgress, parseNumber, type Streams, UsageError } from '../terminal/index.js';
import { addEngineOptions, type EngineFlags, requireDevice } from './engine-options.js';
import { addRecipeOptions, type RecipeFlags, resolveRecipe } from './recipe-options.js';
import { downloadProgress } from './report-progress.js';
import { stopOnSignal } from './stop-on-signal.js';

interface FindFlags extends RecipeFlags, EngineFlags {
  readonly from: number;
  readonly to: number;
  readonly output?: string;
  readonly json?: boolean;
}

const DEFAULT_STEPS = 100;
const LEAST_STEPS = 10;
/** Lines of the table, and the width of its bars. */
const ROWS = 20;
const BAR = 30;

/** Adds the words and flags of `vae-train find-lr` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  const rate = (flag: string) => parseNumber(flag, { min: 1e-12, max: 1000 });
  addRecipeOptions(command, {
    steps: `updates of the test, ${LEAST_STEPS} or more (default: ${DEFAULT_STEPS})`,
  })
    .option('--from <rate>', 'the lowest rate', rate('--from'), 1e-6)
    .option('--to <rate>', 'the highest rate', rate('--to'), 10)
    .option('-o, --output <file>', 'write the curve: a drawing as .svg, the numbers as .json')
    .option('--json', 'end with one JSON object on stdout');
  addEngineOptions(command).action((word: string | undefined, flags: FindFlags) => run(word, flags, streams));
}

function requireSensible({ from, to, steps = DEFAULT_STEPS, output }: FindFlags): void {
  if (from >= to)
    throw new UsageError(`--from ${from} is not below --to ${to}; give a lower and a higher rate.`);
  if (steps < LEAST_STEPS)
    throw new UsageError(`--steps ${steps} are too few for a test; give ${LEAST_STEPS} or more.`);
  if (output !== undefined && !/\.(svg|json)$/i.test(output))
    throw new UsageError(
      `--output ${output}: the curve is a drawing or numbers; end its name in .svg or .json.`,
    );
}

/** Rates and smoothed losses as lines, evenly spread; the bar is longest for the highest loss before the lowest one. */
function table({ readings }: RangeTest): string[] {
  const every = Math.max(1, Math.ceil(readings.length / ROWS));
  const shown = readings.filter((_, i) => i % every === 0 || i === readings.length - 1);
  const losses = shown.map(({ smoothed }) => smoothed).filter(Number.isFinite);
  const low = Math.min(...losses);
  const high = Math.max(...losses.slice(0, losses.indexOf(low) + 1));
  const share = (loss: number) => Math.min((loss - low) / (high - low || 1), 1);
  const bar = (loss: number) => '█'.repeat(Math.round(BAR * share(loss)));
  const rows = shown.map(({ learningRate, smoothed }) =>
    [
      learningRate.toExponential(1).padEnd(10),
      smoothed.toFixed(3).padStart(12),
      ...(Number.isFinite(smoothed) ? [`  ${bar(smoothed)}`] : []),
    ]
      .join('')
      .trimEnd(),
  );
  return [`${'rate'.padEnd(10)}${'loss'.padStart(12)}`, ...rows];
}

/** What to do, on one line. */
export function advice({ suggestion, steepest, rises, readings }: RangeTest): string {
  const ends =
    rises === undefined
      ? `it did not rise up to ${readings.at(-1)!.learningRate.toExponential(1)}`
      : `it began to rise at ${rises.toExponential(1)}, a tenth of which is ${(rises / 10).toExponential(1)}`;
  if (suggestion === undefined || steepest === undefined)
    return `No rate to suggest: the loss did not fall; ${ends}. Choose other --from and --to.`;
  const untried = suggestion < readings[0].learningRate ? '. That is below --from: try again from lower' : '';
  return `Suggested: --lr ${Number(suggestion.toPrecision(2))} (the loss fell fastest at ${steepest.toExponential(1)}; ${ends})${untried}`;
}

async function run(word: string | undefined, flags: FindFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  requireSensible(flags);
  requireDevice(flags);
  if (flags.output !== undefined) await requireWritable(flags.output);
  const recipe = await resolveRecipe(word, flags);
  const { from, to, steps = DEFAULT_STEPS, engine, device, threads } = flags;
  const stop = stopOnSignal();
  const bar = createProgress({ stream: streams.stderr, total: steps, label: 'rates' });
  let dataset: Dataset | undefined;
  try {
    dataset = await openDataset(recipe.data.source, {
      seed: recipe.seed,
      signal: stop.signal,
      onNote: output.note,
      onProgress: downloadProgress(streams),
    });
    const found = await testRates({
      ...{ recipe, dataset, from, to, steps, engine, device, threads },
      signal: stop.signal,
      onNote: output.note,
      onStep: (step) => bar.update({ done: step }),
    });
    bar.finish();
    const result = { recipe: recipe.name, dataset: dataset.name, from, to, ...found };
    if (flags.output !== undefined) {
      const svg = /\.svg$/i.test(flags.output);
      await atomicWrite(flags.output, svg ? drawRates(found) : `${JSON.stringify(result, null, 2)}\n`);
    }
    output.result(result, [...table(found), advice(found)].join('\n'));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    output.note('Stopped.');
    output.result({ interrupted: true });
    process.exitCode = stop.exitCode();
  } finally {
    bar.finish();
    stop.dispose();
    await dataset?.close?.();
  }
}
