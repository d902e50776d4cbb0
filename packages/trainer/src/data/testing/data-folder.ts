import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import type { DataSource, Dataset, Split } from '../dataset.js';

/** A file beside this one. */
export const fixture = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A fresh folder for each test, and what tests of sources do with files in it. */
export function dataFolder(source: DataSource) {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vae-data-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  const put = async (name: string, content: Uint8Array | string): Promise<string> => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
    return path(name);
  };
  /** A text without the folder. */
  const bare = (text: string) => text.replaceAll(`${folder}/`, '').replaceAll(folder, 'DIR');
  const open = (argument: string, notes: string[] = []): Promise<Dataset> =>
    source.open(argument, { seed: 0, onNote: (note) => notes.push(bare(note)) });
  /** The text of the error in which something ends. */
  const errorOf = async (step: Promise<unknown>, code?: string): Promise<string> => {
    const error = await step.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'TrainerError', ...(code && { code }) });
    return bare((error as Error).message);
  };
  const refusal = (argument: string) => errorOf(open(argument));
  return { path, put, open, errorOf, refusal };
}

/** Items of a part as plain numbers; all of them when no index is given. */
export async function itemsOf(
  { shape }: Dataset,
  split: Split,
  indices: readonly number[] = Array.from({ length: split.size }, (_, i) => i),
): Promise<number[][]> {
  const size = shape.reduce((a, b) => a * b, 1);
  const out = new Float32Array(indices.length * size);
  await split.read(indices, out);
  return indices.map((_, i) => Array.from(out.slice(i * size, (i + 1) * size)));
}
