import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { datasetShape } from '../data/open.js';
import { loadRecipe } from '../recipe/load.js';
import { Absent, type CheckOptions, type Finding, failed, passed } from './finding.js';
import { dataOf, type SpeedRecipe } from './speed.js';

const run = promisify(execFile);
const MAX_MS = 10 * 60_000;

export type TorchMode = 'eager' | 'compile';

interface Answer {
  readonly absent?: string;
  readonly samplesPerSecond?: number;
  readonly steps?: number;
  readonly versions?: Readonly<Record<string, string>>;
}

const script = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json')), 'python/torch_step.py');

/** The same recipe in PyTorch on CUDA, the data being random and on the device already. */
export async function checkTorch(
  mode: TorchMode,
  recipe: SpeedRecipe,
  { python, data, seconds }: CheckOptions,
  device = 'cuda',
): Promise<Finding> {
  if (python === undefined)
    throw new Absent('no Python was named', 'Name one that has PyTorch with --python');
  const given = {
    recipe: await loadRecipe(recipe),
    shape: datasetShape(dataOf(recipe, data)),
    seconds,
    mode,
    device,
  };
  try {
    const { stdout } = await run(python, [script(), JSON.stringify(given)], { timeout: MAX_MS });
    const { absent, samplesPerSecond, steps, versions } = JSON.parse(
      stdout.trim().split('\n').at(-1)!,
    ) as Answer;
    if (absent !== undefined) throw new Absent(absent, 'Name a Python that has PyTorch with CUDA');
    return passed(`${Math.round(samplesPerSecond!)} samples/s (median of ${steps} steps)`, {
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
