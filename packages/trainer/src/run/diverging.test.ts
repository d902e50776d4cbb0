import { existsSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { TrainerError } from '../errors.js';
import { at, lastCheckpoint, PER_EPOCH, runIn, useRunFolder } from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

describe('a loss that is not a number', () => {
  it.each([
    [undefined, ' or set "clipNorm" in the optimizer'],
    [1e6, ''],
  ])(
    'stops the run with its step, and leaves the last checkpoint alone: clipNorm %s',
    async (clipNorm, more) => {
      // Fine for one epoch, then far too large
      const learningRate = { type: 'exponential', from: 1e-3, rate: 1e36, every: PER_EPOCH, staircase: true };
      const recipe = { optimizer: { type: 'sgd', learningRate, clipNorm }, epochs: 3 };
      const error: TrainerError = await runIn('run', { recipe }).catch((thrown) => thrown);
      expect(error).toMatchObject({ name: 'TrainerError', code: 'not-a-number' });
      const [first, advice] = error.message.split(/(?<=…\)\.) /);
      expect(first).toMatch(/^The loss became (NaN|-?Infinity) at step 8 \(samples [\d, ]+…\)\.$/);
      expect(advice).toBe(
        `Lower the learning rate${more}. The last checkpoint in ${at('run')} is untouched.`,
      );
      const { progress, state } = await lastCheckpoint('run');
      expect(progress.step).toBe(PER_EPOCH);
      expect(Object.values(state).every(({ data }) => data.every(Number.isFinite))).toBe(true);
      expect(existsSync(at('run', 'vae'))).toBe(false);
    },
  );

  it('at the first step is not put down to the learning rate, and leaves no checkpoint', async () => {
    // γ · |KL − C| is beyond float32.
    const objective = { type: 'betaVaeCapacity', gamma: 3e38, capacity: 100 };
    await expect(runIn('run', { recipe: { objective } })).rejects.toThrow(
      /^The loss became (NaN|-?Infinity) at step 1 \(samples .*\)\. No update was made before it, .* "gamma" of the objective smaller/,
    );
    expect(existsSync(at('run', 'checkpoints'))).toBe(false);
  });

  // One step an epoch: its loss is that of the first weights, and the update throws them off. The first one leaves weights
  // that are not finite, as rate times decay is not; the second leaves finite ones that give no number any more.
  it.each([
    { type: 'adamW', learningRate: 1e38, weightDecay: 1e38 },
    { type: 'sgd', learningRate: 1e38 },
  ])(
    'never reaches a checkpoint or a model, also where only the update went wrong: $type',
    async (optimizer) => {
      const recipe = { batch: 44, optimizer, epochs: 1 };
      await expect(runIn('run', { recipe })).rejects.toMatchObject({
        name: 'TrainerError',
        code: 'not-a-number',
      });
      expect(existsSync(at('run', 'checkpoints'))).toBe(false);
      expect(existsSync(at('run', 'vae'))).toBe(false);
    },
  );
});
