import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { type RunTool, runTool, type ToolOutcome } from '../tool.js';
import { checkTfjs } from './check.js';

const right = {
  product: [19, 22, 43, 50],
  gradient: [48, 68],
  convolution: [12, 16, 24, 28],
  convolutionGradient: [12, 16, 24, 28],
};

/** The check, when the child process ends like this. */
const check = (outcome: Partial<ToolOutcome>) => {
  const run: RunTool = async () => ({ code: 0, stdout: '', output: '', ...outcome });
  return checkTfjs('/package', { run, env: {} });
};
const printing = (numbers: object) =>
  check({ stdout: `a notice\n${JSON.stringify({ device: 'gpu', tensorflow: '2.21.0', numbers })}\n` });

it('tells device and version where the numbers are right', async () => {
  expect(await printing(right)).toEqual({ device: 'gpu', tensorflow: '2.21.0' });
  // A GPU may round products to 19 bits.
  expect(await printing({ ...right, gradient: [48.0004, 67.9996] })).toBeDefined();
});

it.each([
  [{ product: [19, 22, 43, 51] }, 'a wrong product: [19,22,43,51] instead of [19,22,43,50].'],
  [{ gradient: [48] }, 'a wrong gradient: [48] instead of [48,68].'],
  [{ convolution: [12, 16, 24, Number.NaN] }, 'a wrong convolution'],
  [{ convolutionGradient: [0, 0, 0, 0] }, 'a wrong convolutionGradient'],
])('finds %o wrong', async (wrong, message) => {
  await expect(printing({ ...right, ...wrong })).rejects.toThrow(message);
});

it('says what stopped it', async () => {
  await expect(check({ code: null, endedBy: 'SIGILL' })).rejects.toThrow(/lacks instructions .*AVX/);
  await expect(check({ code: 1, output: 'Error: x.node: file too short' })).rejects.toThrow(
    'tfjs-node was built but does not run: exit code 1. It said: Error: x.node: file too short',
  );
});

it('asks for these numbers: another TensorFlow.js computes them too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vae-check-'));
  try {
    // TensorFlow.js in plain JavaScript takes the place of the package, so the script itself runs.
    const library = JSON.stringify(createRequire(import.meta.url).resolve('@tensorflow/tfjs'));
    writeFileSync(
      join(folder, 'index.js'),
      `const tf = require(${library}); tf.backend().binding = { TF_Version: tf.version_core }; module.exports = tf;`,
    );
    expect(await checkTfjs(folder, { run: runTool, env: process.env })).toEqual({
      device: 'cpu',
      tensorflow: tf.version_core,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
