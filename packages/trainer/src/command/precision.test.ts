import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTrain } from '../testing/run-train.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-precision-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('--precision', () => {
  it('is part of the recipe', async () => {
    const { code, stdout } = await runTrain('print-config', 'seed-mlp', '--precision', 'float16');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'seed-mlp', precision: 'float16' });
    const plain = await runTrain('print-config', 'seed-mlp');
    expect(JSON.parse(plain.stdout)).not.toHaveProperty('precision');
  });

  it('names what there is', async () => {
    const { code, stderr } = await runTrain('seed-mlp', '--precision', 'half');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--precision.+half.+float32, float16/);
  });

  it('float16 is refused where it does not pay, and leaves no run behind', async () => {
    const out = join(folder, 'run');
    const words = [
      '--precision',
      'float16',
      '--data',
      'digits',
      '--engine',
      'reference',
      '--steps',
      '1',
      '--out',
      out,
    ];
    const { code, stderr } = await runTrain('seed-mlp', ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^.*precision "float16" is not what the engine "reference" has\. Use --engine ort .+\n$/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it('float16 makes the files of a step compute its products in it', async () => {
    const [wide, half] = ['float32', 'float16'].map((precision) => join(folder, precision));
    await runTrain('build', 'seed-mlp', '--out', wide);
    const { code } = await runTrain('build', 'seed-mlp', '--precision', 'float16', '--out', half);
    expect(code).toBe(0);
    const [without, withCasts] = await Promise.all(
      [wide, half].map((dir) => readFile(join(dir, 'step.onnx'), 'latin1')),
    );
    expect([without.includes('Cast'), withCasts.includes('Cast')]).toEqual([false, true]);
    const { inputs } = JSON.parse(await readFile(join(half, 'step.json'), 'utf8'));
    expect(inputs).toContainEqual(expect.objectContaining({ name: 'lossScale', role: 'state', shape: [] }));
  });
});
