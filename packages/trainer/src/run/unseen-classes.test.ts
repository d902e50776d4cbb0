import { describe, expect, it } from 'vitest';
import { describeUnseen } from './unseen-classes.js';

const conditional = { model: { conditional: true } };
const train = (labels: readonly number[]) => ({ size: labels.length, label: (i: number) => labels[i]! });

describe('classes without a training sample', () => {
  it('are named, and what to do', () => {
    expect(describeUnseen(conditional, { classes: ['cat', 'dog', 'owl'] }, train([0, 0, 2]))).toBe(
      '1 of 3 classes have no training sample (dog): the model learns nothing of them, and what it draws as one means nothing. ' +
        'Leave their samples out, or hold back fewer ("validation", test=…).',
    );
    const classes = Array.from({ length: 20 }, (_, i) => `k${i}`);
    expect(describeUnseen(conditional, { classes }, train([0, 1]))).toMatch(
      /^18 of 20 classes .* \(k2, .*, k13, …\):/,
    );
  });

  it('are no matter where there are none, and of models that are told no class', () => {
    expect(describeUnseen(conditional, { classes: ['cat', 'dog'] }, train([1, 0]))).toBeUndefined();
    expect(describeUnseen({ model: {} }, { classes: ['cat', 'dog'] }, train([1]))).toBeUndefined();
    expect(describeUnseen({ model: {} }, {}, { size: 3 })).toBeUndefined();
  });
});
