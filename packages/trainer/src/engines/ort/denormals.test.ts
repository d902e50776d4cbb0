import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtFile } from '../thread/built-file.js';
import { canBePlain } from './parallel/plain-memory.js';

const cwd = fileURLToPath(new URL('../../..', import.meta.url));

/** A session in the caller's thread, as `VAE.load` makes them: the process's first, which keeps denormals. */
const session = `
  import { loadRuntime } from '@vae/sdk/runtime';
  await (await loadRuntime({ device: 'cpu' })).createSession(readFileSync('../sdk/models/mnist-conv/encoder.onnx'));`;

/**
 * The losses of three trainings of a process of its own. Each has a batch of zeros and one of denormals, 2⁻¹²⁷, which
 * weights of 2¹²⁴ make an eighth each unless they count as zero.
 */
function losses(before: string): number[][] {
  const code = `
    import { readFileSync } from 'node:fs';
    import { buildPrograms, engines, initialState, parseRecipe } from '@vae/trainer';
    ${before}
    const dense = (units) => ({ type: 'dense', units });
    const model = { latent: 2, encoder: ['flatten', dense(8), 'gelu'], decoder: [dense('data')] };
    const optimizer = { type: 'sgd', learningRate: 0.1 };
    const recipe = parseRecipe({ name: 'a', data: { source: 'digits' }, model, optimizer, batch: 16, epochs: 1, seed: 1 }, 'a');
    const programs = buildPrograms(recipe, [1, 8, 8]);
    const feeds = (pixel) => ({
      x: new Float32Array(16 * 64).fill(pixel),
      weight: new Float32Array(16).fill(1 / 16),
      eps: new Float32Array(16 * 2),
      learningRate: Float32Array.of(0),
    });
    const ort = await engines.ort();
    const found = [];
    for (const threads of [1, 2, 1]) {
      const state = initialState(programs, 0);
      state['encoder.1-dense.weight'].data.fill(2 ** 124);
      const engine = await ort.compile({ train: programs.train }, state, { device: 'cpu', threads });
      const of = async (pixel) => (await engine.run('train', feeds(pixel))).loss[0];
      found.push([await of(0), await of(2 ** -127)]);
      await engine.dispose();
    }
    console.log(JSON.stringify(found));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd,
  });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

// Elsewhere onnxruntime leaves denormals as they are.
const canFlush = process.arch === 'x64' && process.platform !== 'darwin' && canBePlain();

describe.skipIf(!existsSync(builtFile('ort/worker.js')) || !canFlush)(
  'denormal numbers (need a build of the trainer and koffi)',
  () => {
    it.each([
      ['every training of a process', ''],
      ['trainings after a session of the caller', session],
    ])('count as zero in %s', (_, before) => {
      for (const [zeros, denormals] of losses(before)) {
        expect(zeros).toBeGreaterThan(0);
        expect(denormals).toBe(zeros);
      }
    });
  },
);
