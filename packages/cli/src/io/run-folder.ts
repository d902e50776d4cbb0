import { join } from 'node:path';

/** A run folder has its model in a folder of this name. */
export const modelOfRun = (run: string): string => join(run, 'vae');
