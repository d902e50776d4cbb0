import { describe, expect, it } from 'vitest';
import type { RecipeInput } from '../recipe/recipe.js';
import { createOutput } from '../terminal/index.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { reportProgress } from './report-progress.js';

function progressOn(stderr: { isTTY?: boolean; columns?: number }, changes: Partial<RecipeInput> = {}) {
  const written: string[] = [];
  const stream = { ...stderr, write: (text: string) => written.push(text) };
  const streams = { stdout: stream, stderr: stream } as never;
  return { written, progress: reportProgress(tinyRecipe(changes), streams, createOutput({ streams })) };
}

const start = {
  engine: 'ort',
  kind: 'image',
  parameters: 1700,
  steps: 12,
  stepsPerEpoch: 6,
  batch: 8,
  startStep: 0,
} as const;
const step = (number: number, loss: number) => ({
  step: number,
  epoch: Math.ceil(number / 6),
  loss,
  terms: { loss, kl: loss / 4, reconstruction: (3 * loss) / 4, gradientNorm: 9 },
  samplesPerSecond: 1234.5,
});

describe('the progress of a run', () => {
  it('is a bar with epoch, the means of the epoch so far, and the rate', () => {
    const { written, progress } = progressOn({ isTTY: true, columns: 140 });
    progress.onStart!(start);
    progress.onStep!(step(1, 100));
    for (let i = 2; i <= 12; i++) progress.onStep!(step(i, i <= 6 ? 50 : 20));
    const lines = written.map((text) => text.replace('\r', '').replace('\x1b[K', ''));
    expect(lines.find((line) => line.includes('8%'))).toMatch(
      /^train {2}██░{22} {2}8%( {2}\d:\d\d left)? {2}epoch 1\/2 {2}loss 100\.00 {2}reconstruction 75\.00 {2}kl 25\.00 {2}samples\/s 1235$/,
    );
    // Means of the second epoch alone.
    expect(lines.at(-1)).toContain('100%  epoch 2/2  loss 20.00  reconstruction 15.00  kl 5.00');
    progress.finish();
  });

  it.each([
    [{}, start, ['length: 12 steps of 8 samples, 2 epochs, by "epochs"']],
    [
      { steps: 9, batch: 4, accumulate: 2 },
      { ...start, steps: 9, startStep: 3 },
      [
        'length: 9 steps of 8 samples (2 batches of 4), 1.5 epochs, by "steps"',
        'resumed after step 3, 6 to go',
      ],
    ],
    [
      { steps: 2, epochs: undefined },
      { ...start, steps: 2, stepsPerEpoch: 782 },
      // 2 / 782 = 0.00256
      ['length: 2 steps of 8 samples, 0.003 epochs, by "steps"'],
    ],
    [
      { data: { source: 'digits', validation: 0.1 }, patience: 2, epochs: 1 },
      { ...start, steps: 6, startStep: 6 },
      [
        'length: at most 6 steps of 8 samples, 1 epoch, by "epochs"',
        'resumed after step 6, 0 to go',
        'nothing left to train; the model is exported again',
      ],
    ],
  ] as [Partial<RecipeInput>, typeof start, string[]][])(
    'says how long it will go: %j',
    (changes, info, lines) => {
      const { written, progress } = progressOn({}, changes);
      progress.onStart!(info);
      const told = written
        .map((text) => text.trimEnd())
        .filter((line) => /^(length|resumed|nothing)/.test(line));
      expect(told).toEqual(lines);
      expect(written[0]).toBe('tiny: 1700 parameters, ort\n');
    },
  );

  it('ends each epoch with a line that stays', () => {
    const { written, progress } = progressOn({});
    progress.onStart!(start);
    progress.onEpoch!({
      epoch: 1,
      step: 6,
      train: { loss: 2, bound: -2 },
      test: { loss: 3, bound: -3 },
      seconds: 1,
      samplesPerSecond: 99.6,
      waited: 0,
      activeUnits: 2,
    });
    expect(written.at(-1)).toBe(
      'epoch 1  train: loss 2.000  bound -2.000  |  test: loss 3.000  bound -3.000  |  active units 2  |  100 samples/s\n',
    );
  });
});
