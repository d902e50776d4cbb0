import { describe, expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { apply, constant, defineOp, input, type Value } from '../graph/value.js';
import { add, exp, expand, matMul, mul, neg, relu, step, sub, sumAll, tanh } from '../ops/index.js';
import { gradients } from './gradients.js';

const x = input('x', 'data', ['N', 2], 'Rows of two.');
const w = input('w', 'state', [2], 'Weight.');
const s = input('s', 'scalar', [], 'A number.');
const feeds = { x: [0.5, -1, 2, 3, -0.25, 0], w: [2, -3], s: [1.5] };

const numbers = (value: Value): number[] => {
  const { data } = evaluate(buildGraph('g', { value }, [x]), feeds, 3).value;
  return [...data];
};
const opsOf = (...values: Value[]): string[] =>
  buildGraph('g', Object.fromEntries(values.map((value, i) => [`v${i}`, value])))
    .nodes.map(({ op }) => op.name)
    .sort();

const expectClose = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => void expect(found[i]).toBeCloseTo(value, 12));
};

describe('gradients', () => {
  it('of uses of one value add up', () => {
    const y = exp(x);
    const [dx] = gradients(sumAll(add(mul(y, y), y)), [x]);
    // d(e²ˣ + eˣ) = 2e²ˣ + eˣ
    expectClose(
      numbers(dx),
      feeds.x.map((v) => 2 * Math.exp(2 * v) + Math.exp(v)),
    );
  });

  it('of one value in both operands add up', () => {
    const slopeOf = (y: Value) => numbers(gradients(sumAll(y), [x])[0]);
    expect(slopeOf(mul(x, x))).toEqual(feeds.x.map((v) => 2 * v));
    expect(slopeOf(add(x, x))).toEqual(feeds.x.map(() => 2));
    expect(slopeOf(sub(x, x))).toEqual(feeds.x.map(() => 0));
  });

  it('of many uses add up', () => {
    const uses = Array.from({ length: 50 }, (_, i) => mul(s, i));
    const [ds] = gradients(
      uses.reduce((sum, use) => add(sum, use)),
      [s],
    );
    expect(numbers(ds)).toEqual([1225]);
  });

  it('of what was repeated over the batch are summed over it', () => {
    const [dw, ds] = gradients(sumAll(mul(mul(x, w), s)), [w, s]);
    const [first, second] = [0.5 + 2 - 0.25, -1 + 3 + 0];
    expectClose(numbers(dw), [1.5 * first, 1.5 * second]);
    expectClose(numbers(ds), [2 * first - 3 * second]);
    expect(dw.shape).toEqual([2]);
    expect(ds.shape).toEqual([]);
  });

  it('of what the loss does not depend on are zeros of its shape', () => {
    const other = input('other', 'state', ['2N', 3], 'Not used.');
    const [zeros, dw] = gradients(sumAll(w), [other, w]);
    expect(zeros.shape).toEqual(['2N', 3]);
    expect(numbers(zeros)).toEqual(new Array(18).fill(0));
    expect(numbers(dw)).toEqual([1, 1]);
    expect(numbers(gradients(constant(3), [s])[0])).toEqual([0]);
  });

  it('through what has none are zeros', () => {
    expect(numbers(gradients(sumAll(step(w)), [w])[0])).toEqual([0, 0]);
    // The factor counts, the step does not.
    expect(numbers(gradients(sumAll(mul(w, step(w))), [w])[0])).toEqual([1, 0]);
  });

  it('of the loss itself are 1', () => {
    expect(numbers(gradients(s, [s])[0])).toEqual([1]);
    const loss = mul(s, 3);
    expect(gradients(loss, [loss, s]).map(numbers)).toEqual([[1], [3]]);
  });

  it('reach values in between, and what they come from', () => {
    const hidden = mul(x, w);
    const [dHidden, dw] = gradients(sumAll(mul(hidden, hidden)), [hidden, w]);
    // d(x·w)² = 2·x·w, and that times x for w, summed over the batch
    const values = feeds.x.map((v, i) => 2 * v * feeds.w[i % 2]);
    const column = (j: number) =>
      [0, 1, 2].reduce((sum, row) => sum + values[2 * row + j] * feeds.x[2 * row + j], 0);
    expectClose(numbers(dHidden), values);
    expectClose(numbers(dw), [column(0), column(1)]);
  });

  it('may be asked for twice, and for none', () => {
    const [a, b] = gradients(mul(s, s), [s, s]);
    expect([numbers(a), numbers(b)]).toEqual([[3], [3]]);
    expect(gradients(mul(s, s), [])).toEqual([]);
  });

  it('have gradients', () => {
    let value = mul(mul(s, s), mul(s, s));
    // s⁴ → 4s³ → 12s² → 24s → 24 → 0
    for (const expected of [4 * 1.5 ** 3, 12 * 1.5 ** 2, 24 * 1.5, 24, 0]) {
      [value] = gradients(value, [s]);
      expectClose(numbers(value), [expected]);
    }
  });

  it('of anything but a scalar are refused', () => {
    expect(() => gradients(x, [x])).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'bad-shape',
        message: 'gradients: the loss must be a scalar, got [N, 2].',
      }),
    );
    expect(() => gradients(mul(w, 2), [w])).toThrow('gradients: the loss must be a scalar, got [2].');
  });
});

describe('the size of the gradient', () => {
  it('values that lead to no target cost nothing', () => {
    let features: Value = x;
    for (let i = 0; i < 5; i++) features = tanh(features);
    const [dw] = gradients(sumAll(mul(features, w)), [w]);
    // Five operators give the features; their sum over the batch is what is left.
    expect(opsOf(dw).filter((name) => name === 'Tanh')).toHaveLength(5);
    expect(opsOf(dw).filter((name) => name === 'Sub')).toEqual([]);
    expect(opsOf(dw).filter((name) => name === 'ReduceSum')).toHaveLength(1);
    expect(opsOf(dw).filter((name) => name === 'Mul').length).toBeLessThanOrEqual(1);
  });

  it('no rule is asked where no target is', () => {
    const closed = defineOp('Exp', {
      shape: ([shape]) => shape,
      gradient: () => {
        throw new Error('asked');
      },
    });
    const features = apply(closed, [x], {});
    expect(() => gradients(sumAll(mul(features, w)), [w])).not.toThrow();
    expect(() => gradients(sumAll(mul(features, w)), [features])).not.toThrow();
    expect(() => gradients(sumAll(mul(features, w)), [x])).toThrow('asked');
  });

  it('values behind the target cost nothing either', () => {
    const hidden = exp(exp(exp(s)));
    const [dHidden] = gradients(mul(hidden, 2), [hidden]);
    expect(opsOf(dHidden)).not.toContain('Exp');
  });

  it('two layers take one product each way and one for each weight', () => {
    const first = input('first', 'state', [2, 4], 'Weight.');
    const second = input('second', 'state', [4, 1], 'Weight.');
    const loss = sumAll(matMul(relu(matMul(x, first)), second));
    const products = opsOf(...gradients(loss, [first, second])).filter((name) => name === 'MatMul');
    // Forward to the hidden layer, back to it, and one for each weight: nothing reads the second layer's result.
    expect(products).toHaveLength(4);
    // The loss reads it, and the gradient of x is one more.
    expect(
      opsOf(loss, ...gradients(loss, [first, second, x])).filter((name) => name === 'MatMul'),
    ).toHaveLength(6);
  });

  it('grows with the graph, not with its paths', () => {
    // Every doubling doubles the paths: 2³⁰ of them.
    let value: Value = s;
    for (let i = 0; i < 30; i++) value = add(value, value);
    const [ds] = gradients(value, [s]);
    expect(numbers(ds)).toEqual([2 ** 30]);
    expect(opsOf(ds).length).toBeLessThanOrEqual(30);
  });

  it('a negation costs one operator, a repetition one sum', () => {
    expect(opsOf(gradients(sumAll(neg(s)), [s])[0])).toEqual(['Neg']);
    expect(opsOf(gradients(sumAll(expand(s, [3])), [s])[0])).toEqual(expect.arrayContaining(['ReduceSum']));
  });
});
