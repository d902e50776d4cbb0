import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { datasetShape } from '../data/open.js';
import { toOrtSetup } from '../engines/ort/index.js';
import { buildPrograms, initialState } from '../programs.js';
import { loadRecipe } from '../recipe/load.js';
import type { Recipe } from '../recipe/recipe.js';
import { counted } from '../text/counted.js';
import { Absent, type CheckOptions, type Finding, failed, passed } from './finding.js';
import { dataOf, type SpeedRecipe } from './speed.js';

const run = promisify(execFile);
const MAX_MS = 10 * 60_000;

export type TorchMode = 'eager' | 'compile';

interface Answer {
  readonly absent?: string;
  readonly samplesPerSecond?: number;
  readonly runs?: number;
  readonly versions?: Readonly<Record<string, string>>;
}

const script = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')), 'python/torch_step.py');

/** As many as one run of onnxruntime on CUDA has. */
export function stepsOf(recipe: Recipe, shape: readonly number[]): number {
  const programs = buildPrograms(recipe, shape);
  const setup = toOrtSetup({ train: programs.train }, initialState(programs, recipe.seed), 1, 'cuda');
  return setup.several!.size;
}

/** The same recipe in PyTorch on CUDA; its data are random, and on the device before the time begins, as its noise is. */
export async function checkTorch(
  mode: TorchMode,
  recipe: SpeedRecipe,
  { python, data, seconds }: CheckOptions,
  device = 'cuda',
): Promise<Finding> {
  if (python === undefined)
    throw new Absent('no Python was named', 'Name one that has PyTorch with --python');
  const loaded = await loadRecipe(recipe);
  const shape = datasetShape(dataOf(recipe, data));
  // Only a GPU is something to wait for.
  const steps = device === 'cuda' ? stepsOf(loaded, shape) : 1;
  const given = { recipe: loaded, shape, seconds, steps, mode, device };
  try {
    const { stdout } = await run(python, [script(), JSON.stringify(given)], { timeout: MAX_MS });
    const { absent, samplesPerSecond, runs, versions } = JSON.parse(
      stdout.trim().split('\n').at(-1)!,
    ) as Answer;
    if (absent !== undefined) throw new Absent(absent, 'Name a Python that has PyTorch with CUDA');
    const rounds = `median of ${counted(runs!, 'run')} of ${counted(steps, 'step')}, batch ${loaded.batch}`;
    return passed(`${Math.round(samplesPerSecond!)} samples/s (${mode}, data on the device; ${rounds})`, {
      samplesPerSecond,
      versions,
    });
  } catch (error) {
    if (error instanceof Absent) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new Absent(`there is no ${python}`, 'Give the path of a Python that has PyTorch');
    return failed(message.trim().split('\n').at(-1)!);
  }
}
