import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { input } from '../graph/value.js';
import { sumAll } from '../ops/index.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { logDensity, mean } from './continuous-bernoulli.js';

const x = input('x', 'data', ['N'], 'values');
const logits = input('logits', 'data', ['N'], 'logits');

// x, logit, log_prob and mean of torch.distributions.ContinuousBernoulli of PyTorch 2.15.0, in float64
const rows = [
  [0, 0, 0, 0.5],
  [0.3, 1.2, -0.2992960253456117, 0.5976794273599996],
  [1, 2.5, 1.0019412156161935, 0.689425489833852],
  [0, 2.5, -1.4980587843838065, 0.689425489833852],
  [0.7, -3, -0.9503185303891883, 0.28093763684207734],
  [0.9, 12, 1.2849127940193303, 0.91667281091678],
  [0.2, -12, 0.08491279401923091, 0.08332718908322842],
];

/** Gauss's rule of five points in each of many parts of [0, 1]. */
function integral(f: (at: number[]) => number[], parts = 400): number {
  const points = [0, 0.5384693101056831, -0.5384693101056831, 0.906179845938664, -0.906179845938664];
  const weights = [
    128 / 225,
    0.4786286704993665,
    0.4786286704993665,
    0.23692688505618908,
    0.23692688505618908,
  ];
  const at = Array.from({ length: parts }, (_, part) =>
    points.map((point) => (part + 0.5 + point / 2) / parts),
  ).flat();
  return f(at).reduce((sum, value, i) => sum + (value * weights[i % 5]) / (2 * parts), 0);
}

const densities = (at: number[], logit: number): number[] =>
  numbersOf(logDensity(x, logits), { x: at, logits: at.map(() => logit) }, at.length).map(Math.exp);

describe('the continuous Bernoulli distribution', () => {
  it("has PyTorch's density and mean", () => {
    const feeds = { x: rows.map(([value]) => value), logits: rows.map(([, logit]) => logit) };
    const close = (found: number[], column: number) =>
      expect(
        difference(
          found,
          rows.map((row) => row[column]),
        ),
      ).toBeLessThan(1e-6);
    close(numbersOf(logDensity(x, logits), feeds, rows.length), 2);
    close(numbersOf(mean(logits), { logits: feeds.logits }, rows.length), 3);
  });

  it.each([-200, -30, -1, -0.1, -0.01, 0, 1e-4, 0.099, 0.101, 5, 90])(
    'integrates to 1 with logit %s, and has its mean where it says',
    (logit) => {
      expect(integral((at) => densities(at, logit))).toBeCloseTo(1, 6);
      const center = integral((at) => densities(at, logit).map((density, i) => at[i] * density));
      expect(numbersOf(mean(logits), { logits: [logit] }, 1)[0]).toBeCloseTo(center, 5);
    },
  );

  it('has a gradient that is that of its values, and finite everywhere', () => {
    const [slope] = gradients(sumAll(logDensity(x, logits)), [logits]);
    const at = [-2000, -40, -2, -0.2, 0, 0.002, 1, 40, 2000];
    const feeds = { x: at.map((_, i) => i / 8), logits: at };
    // d/dl = x − E[x] in an exponential family
    const means = numbersOf(mean(logits), { logits: at }, at.length);
    const expected = feeds.x.map((value, i) => value - means[i]);
    expect(difference(numbersOf(slope, feeds, at.length), expected)).toBeLessThan(2e-4);
  });
});
