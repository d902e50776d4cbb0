import { describe, expect, it } from 'vitest';
import { gradients } from '../../autodiff/gradients.js';
import { buildGraph } from '../../graph/graph.js';
import { input, type Value } from '../../graph/value.js';
import { add, exp, mul, relu, softplus, sub, sumAll, sumPerSample } from '../../ops/index.js';
import { lowerForCpu } from './index.js';
import { runForCpu } from './testing.js';

const SAMPLES = 3;
const log1pExp = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Logits of [N, count] from −30 to 30, and other numbers of that shape. */
function setUp(count: number) {
  const [l, x] = ['l', 'x'].map((name) => input(name, 'data', ['N', count], 'Any numbers.'));
  const numbers = (f: (i: number) => number) => ({
    shape: [SAMPLES, count],
    data: Float32Array.from({ length: SAMPLES * count }, (_, i) => f(i)),
  });
  const feeds = { l: numbers((i) => 30 * Math.sin(1.7 * i * i)), x: numbers((i) => Math.cos(i)) };
  const sums = (f: (l: number, x: number) => number) =>
    Array.from({ length: SAMPLES }, (_, n) =>
      Array.from({ length: count }, (_, i) =>
        f(feeds.l.data[n * count + i], feeds.x.data[n * count + i]),
      ).reduce((sum, term) => sum + term),
    );
  return { l, x, feeds, sums };
}

const opsOf = (y: Value): string[] =>
  lowerForCpu(buildGraph('sum', { y }), { batch: SAMPLES }).model.nodes.map(({ op }) => op);

// 1 and 7 are less than a product should have, 97 has that many at once, 101 is a prime above it, 196 is 7 of 28, 784 the
// pixels of MNIST.
describe.each([1, 7, 97, 101, 196, 784])('a sum over %d numbers', (count) => {
  const { l, x, feeds, sums } = setUp(count);
  it.each<[string, Value, (l: number, x: number) => number]>([
    ['softplus(l)', softplus(l), log1pExp],
    ['x·l − softplus(l)', sub(mul(x, l), softplus(l)), (a, b) => a * b - log1pExp(a)],
    ['softplus(l) − x', sub(softplus(l), x), (a, b) => log1pExp(a) - b],
    ['softplus(l) + x', add(softplus(l), x), (a, b) => log1pExp(a) + b],
    ['softplus(x) − softplus(l)', sub(softplus(x), softplus(l)), (a, b) => log1pExp(b) - log1pExp(a)],
  ])('of %s is that of float64', async (_, summed, expected) => {
    const y = sumPerSample(summed);
    const { y: found } = await runForCpu(buildGraph('sum', { y }), feeds, { batch: SAMPLES });
    expect(found.shape).toEqual([SAMPLES]);
    for (const [n, wanted] of sums(expected).entries())
      expect(Math.abs(found.data[n] - wanted), `sample ${n}`).toBeLessThan(9e-5 * count);
  });

  it('has the gradient of float64', async () => {
    const loss = sumAll(sumPerSample(sub(mul(x, l), softplus(l))));
    const [slope] = gradients(loss, [l]);
    const graph = buildGraph('sum', { loss, slope });
    const found = await runForCpu(graph, feeds, { batch: SAMPLES });
    feeds.l.data.forEach((value, i) => {
      const wanted = feeds.x.data[i] - 1 / (1 + Math.exp(-value));
      expect(Math.abs(found.slope.data[i] - wanted)).toBeLessThan(1e-6);
    });
  });
});

describe('the logarithm of a product', () => {
  const { l, x } = setUp(784);
  const both = softplus(l);
  it('takes the place of the sum of logarithms', () => {
    expect(opsOf(sumPerSample(sub(mul(x, l), softplus(l))))).toContain('ReduceProd');
  });

  it.each<[string, () => Value]>([
    ['that is read elsewhere too', () => add(sumPerSample(both), sumPerSample(relu(both)))],
    ['of which a function is summed', () => sumPerSample(exp(softplus(l)))],
    ['that is summed over the samples too', () => sumAll(softplus(l))],
    ['that is not summed', () => softplus(l)],
  ])('does not for a softplus %s', (_, y) => {
    expect(opsOf(y())).not.toContain('ReduceProd');
  });

  it('does not for one that is repeated before it is summed', () => {
    const narrow = input('narrow', 'data', ['N', 1], 'One number for each sample.');
    expect(opsOf(sumPerSample(add(x, softplus(narrow))))).not.toContain('ReduceProd');
  });

  it('is found for logits of any size', async () => {
    const { l, feeds } = setUp(196);
    for (const size of [1e-30, 80, 1e4, 1e30]) {
      const logits = feeds.l.data.map((value) => size * Math.sign(value));
      const given = { l: { ...feeds.l, data: logits } };
      const graph = buildGraph('sum', { y: sumPerSample(softplus(l)) });
      const { y: found } = await runForCpu(graph, given, { batch: SAMPLES });
      for (let n = 0; n < SAMPLES; n++) {
        const wanted = logits.slice(196 * n, 196 * (n + 1)).reduce((sum, value) => sum + log1pExp(value), 0);
        expect(Math.abs(found.data[n] / wanted - 1)).toBeLessThan(1e-5);
      }
    }
  });
});
