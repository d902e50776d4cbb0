import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBenchmarks } from './bench.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-bench-'));
  await mkdir(join(root, 'bench'));
  await mkdir(join(root, 'packages/cli/dist'), { recursive: true });
  await writeFile(join(root, 'bench/run.mjs'), '');
});
afterAll(() => rm(root, { recursive: true }));

describe('vae bench', () => {
  it('finds the benchmarks of the checkout that it lies in', () => {
    expect(findBenchmarks(join(root, 'packages/cli/dist'))).toBe(join(root, 'bench/run.mjs'));
  });

  it('finds none in an installed package', () => {
    expect(findBenchmarks(tmpdir())).toBeUndefined();
  });
});
