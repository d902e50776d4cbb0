import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A run folder has its model in a folder of this name. */
export const modelOfRun = (run: string): string => join(run, 'vae');

/** Whether `vae-train` has begun a run in a folder, with a model yet or without one. */
export async function isRunFolder(path: string): Promise<boolean> {
  if (!(await isThere(join(path, 'recipe.json')))) return false;
  return (await isThere(join(path, 'run.json'))) || isThere(join(path, 'checkpoints'));
}

/** Whether a file or folder is there. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
