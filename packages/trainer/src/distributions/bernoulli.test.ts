import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { input } from '../graph/value.js';
import { sumAll } from '../ops/index.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { logProbability, mean } from './bernoulli.js';

const x = input('x', 'data', ['N'], 'outcomes');
const logits = input('logits', 'data', ['N'], 'log odds');

// x, logit, x·log_expit(l) + (1 − x)·log_expit(−l) of SciPy 1.17.1
const rows = [
  [0, 0, -Math.LN2],
  [1, 2.5, -0.07888973429254963],
  [0, 2.5, -2.5788897342925496],
  [1, -3, -3.048587351573742],
  [0.3, 1.2, -1.1032824673380313],
  [1, 200, -1.3838965267367376e-87],
  [0, 200, -200],
  [1, -200, -200],
  [0, -200, -1.3838965267367376e-87],
  [0.5, 200, -100],
];
const feeds = { x: rows.map(([outcome]) => outcome), logits: rows.map(([, logit]) => logit) };

describe('the Bernoulli distribution', () => {
  it('has the log-probability of SciPy, also far out', () => {
    const found = numbersOf(logProbability(x, logits), feeds, rows.length);
    expect(
      difference(
        found,
        rows.map((row) => row[2]),
      ),
    ).toBeLessThan(1e-12);
  });

  it('has the gradient x − σ(l), finite everywhere', () => {
    const [slope] = gradients(sumAll(logProbability(x, logits)), [logits]);
    const expected = rows.map(([outcome, logit]) => outcome - 1 / (1 + Math.exp(-logit)));
    expect(difference(numbersOf(slope, feeds, rows.length), expected)).toBeLessThan(1e-14);
  });

  it('expects σ(l)', () => {
    const found = numbersOf(mean(logits), { logits: [-200, -1, 0, 200] }, 4);
    expect(difference(found, [0, 1 / (1 + Math.E), 0.5, 1])).toBeLessThan(1e-15);
  });
});
