import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../recipe/load.js';
import { checkDecode, checkProduct, checkSteps } from './agreement.js';
import { Absent } from './finding.js';
import { checkSpeed } from './speed.js';
import { cpuTarget, open, type Target } from './targets.js';
import { checkTorch, stepsOf } from './torch.js';

// The checks on what every machine has; test/runtimes runs them on WebGPU.

const root = dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json'));
const isBuilt = existsSync(join(root, 'dist/engines/ort/worker.js'));

const options = { data: 'digits', steps: 3, seconds: 0 };
const reference: Target = { name: 'reference', engine: 'reference', device: 'cpu' };

describe('a check', () => {
  it('compares a product with one by hand', async () => {
    expect(await checkProduct(reference)).toMatchObject({
      verdict: 'pass',
      detail: 'reference (float64 loops)',
    });
  });

  it('says that a device is not there', async () => {
    const device = process.platform === 'win32' ? 'coreml' : 'dml';
    const target = { name: 'none', engine: 'ort', device: device as 'cuda' } as const;
    await expect(open(target, {}, {})).rejects.toBeInstanceOf(Absent);
  });

  it.skipIf(!isBuilt)(
    'of the CPU against itself finds no difference (needs a build of the trainer)',
    async () => {
      expect(await checkDecode(cpuTarget, options)).toMatchObject({
        verdict: 'pass',
        detail: 'largest difference to the CPU 0.0e+0 of 12544 values',
      });
      expect(await checkSteps(cpuTarget, options)).toMatchObject({
        verdict: 'pass',
        detail: expect.stringMatching(/^3 losses \(5\d\d\.\d\d to .+ 0\.0e\+0$/),
      });
    },
  );

  it.skipIf(!isBuilt)('of speed counts samples (needs a build of the trainer)', async () => {
    const { samplesPerSecond, detail } = await checkSpeed(cpuTarget, 'seed-mlp', options);
    expect(samplesPerSecond).toBeGreaterThan(1);
    expect(detail).toMatch(
      /^\d+ samples\/s \(onnxruntime-\S+ .+; median of ([3-9]|\d{2,}) runs of \d+ steps?, batch 100\)$/,
    );
  });
});

describe('PyTorch', () => {
  const python = process.env.VAE_TEST_TORCH_PYTHON;

  it('needs a Python', async () => {
    await expect(checkTorch('eager', 'seed-mlp', options)).rejects.toBeInstanceOf(Absent);
    const nowhere = { ...options, python: '/nowhere/python' };
    await expect(checkTorch('eager', 'seed-mlp', nowhere)).rejects.toThrow('there is no /nowhere/python');
  });

  it('has as many steps in a run as onnxruntime has on CUDA', async () => {
    // docs/gpu.md: ⌈2 · bytes of the state / 256 KiB⌉
    expect(stepsOf(await loadRecipe('seed-mlp'), [1, 28, 28])).toBe(91);
  });

  it.skipIf(!python).each(['seed-cvae', 'seed-mlp', 'seed-beta-64'] as const)(
    'trains %s on its CPU (VAE_TEST_TORCH_PYTHON)',
    async (recipe) => {
      const { verdict, samplesPerSecond, versions } = await checkTorch(
        'eager',
        recipe,
        { ...options, python },
        'cpu',
      );
      expect(verdict).toBe('pass');
      expect(samplesPerSecond).toBeGreaterThan(1);
      expect(versions).toHaveProperty('torch');
    },
    180_000,
  );
});
