import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { create, specSchema } from '../choice.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { constant, input, type Value } from '../graph/value.js';
import { add, mul, slice, square, sub, sumAll } from '../ops/index.js';
import { difference } from '../testing/numbers-of.js';
import { optimizers } from './index.js';

type Options = Readonly<Record<string, unknown>>;
type State = Record<string, ArrayLike<number>>;

/** One parameter and its optimiser in float64; `gradientOf` writes the gradient, or a fed one is taken. */
function descent(type: string, options: Options, start: readonly number[], gradientOf?: (p: Value) => Value) {
  const parameter = input('p', 'state', [start.length], '');
  const gradient = gradientOf?.(parameter) ?? input('g', 'data', [start.length], '');
  const rate = input('rate', 'scalar', [], '');
  const outputs: Record<string, Value> = {};
  const state: State = { p: start };
  const spec = v.parse(specSchema(optimizers), { type, ...options });
  const [next] = create(optimizers, spec)(
    [{ name: 'p', parameter, gradient, shape: [start.length] }],
    rate,
    (name, shape, update) => {
      state[name] = new Array(shape.reduce((size, dim) => size * dim, 1)).fill(0);
      outputs[name] = update(input(name, 'state', shape, ''));
      return outputs[name];
    },
  );
  const graph = buildGraph('step', { ...outputs, p: next });
  return (learningRate: number, g: readonly number[] = []): number[] => {
    const results = evaluate(graph, { ...state, g, rate: [learningRate] }, 1);
    for (const [name, { data }] of Object.entries(results)) state[name] = data;
    return Array.from(state.p);
  };
}

const start = [1, -2, 0.5];
const steps = [
  [0.1, -0.2, 3],
  [-0.4, 0.05, 1],
];

/** Adam by its paper's algorithm 1, with the moments corrected one by one. */
function adamByHand(
  rate: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 },
): number[][] {
  const p = [...start];
  const [m, s] = [p.map(() => 0), p.map(() => 0)];
  return steps.map((g, t) => {
    g.forEach((slope, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * slope;
      s[i] = beta2 * s[i] + (1 - beta2) * slope * slope;
      const corrected = m[i] / (1 - beta1 ** (t + 1));
      const spread = Math.sqrt(s[i] / (1 - beta2 ** (t + 1)));
      p[i] -= rate * (corrected / (spread + epsilon) + weightDecay * p[i]);
    });
    return [...p];
  });
}

describe('the first two steps', () => {
  // The numbers are those of optax 0.2.8 in float64, for the same two gradients.
  const rows: [string, Options, number, readonly (readonly number[])[]][] = [
    [
      'sgd',
      {},
      0.1,
      [
        [0.99, -1.98, 0.2],
        [1.03, -1.985, 0.1],
      ],
    ],
    [
      'sgd',
      { momentum: 0.9 },
      0.1,
      [
        [0.99, -1.98, 0.2],
        [1.021, -1.967, -0.17],
      ],
    ],
    [
      'adam',
      {},
      0.01,
      [
        [0.9900000009999999, -1.9900000005, 0.4900000000333333],
        [0.9955950357485128, -1.9853053191100447, 0.48128936056505295],
      ],
    ],
    [
      'adam',
      { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
      0.01,
      [
        [0.9900990099009901, -1.9900497512437811, 0.49000333222259246],
        [0.9961085241962438, -1.9858385416104953, 0.4814718236685847],
      ],
    ],
    [
      'adamW',
      { weightDecay: 0.1 },
      0.01,
      [
        [0.9890000009999999, -1.9880000005, 0.4895000000333333],
        [0.9936060357475128, -1.9813173191095448, 0.4802998605650196],
      ],
    ],
  ];

  it.each(rows)('of %s %j at rate %s', (type, options, rate, expected) => {
    const take = descent(type, options, start);
    const found = steps.map((g) => take(rate, g));
    expect(difference(found.flat(), expected.flat())).toBeLessThan(1e-9);
  });

  it.each([
    ['adam', {}],
    ['adam', { beta1: 0, beta2: 0, epsilon: 0.1 }],
    ['adamW', {}],
    ['adamW', { weightDecay: 0.5 }],
  ] as const)('of %s %j are those of the formula', (type, options) => {
    const take = descent(type, options, start);
    const weightDecay = type === 'adamW' ? 0.01 : 0;
    const expected = adamByHand(0.02, { weightDecay, ...options });
    expect(
      difference(
        steps.flatMap((g) => take(0.02, g)),
        expected.flat(),
      ),
    ).toBeLessThan(1e-12);
  });

  it('of sgd with momentum are u ← momentum · u + g, θ ← θ − rate · u', () => {
    const take = descent('sgd', { momentum: 0.5 }, start);
    const first = start.map((p, i) => p - 0.2 * steps[0][i]);
    const second = first.map((p, i) => p - 0.2 * (0.5 * steps[0][i] + steps[1][i]));
    expect(difference([take(0.2, steps[0]), take(0.2, steps[1])].flat(), [...first, ...second])).toBeLessThan(
      1e-15,
    );
  });

  it('are at most the rate long under Adam, whatever the size of the gradient', () => {
    for (const size of [1e-6, 1, 1e6]) {
      const moved = descent('adam', {}, [0])(0.1, [size])[0];
      expect(moved).toBeCloseTo(-0.1, 2);
    }
    expect(descent('adam', {}, [0.25])(0.1, [0])).toEqual([0.25]);
  });
});

/** How each entry is run downhill; a new one needs a row. */
const downhill: Record<keyof typeof optimizers, { options: Options; parabola: number; rosenbrock: number }> =
  {
    sgd: { options: { momentum: 0.9 }, parabola: 0.02, rosenbrock: 2e-4 },
    adam: { options: {}, parabola: 0.05, rosenbrock: 0.01 },
    adamW: { options: { weightDecay: 1e-5 }, parabola: 0.05, rosenbrock: 0.01 },
  };

describe.each(Object.keys(optimizers) as (keyof typeof optimizers)[])('%s', (type) => {
  const row = downhill[type];

  it('finds the least point of a parabola', () => {
    const target = constant({ data: Float32Array.of(3, -1), shape: [2] });
    const bowl = (p: Value) => gradients(sumAll(square(sub(p, target))), [p])[0];
    const take = descent(type, row.options, [0, 0], bowl);
    let p: number[] = [];
    for (let i = 0; i < 1000; i++) p = take(row.parabola * (1 - i / 1000));
    expect(difference(p, target.data)).toBeLessThan(1e-3);
  });

  it("follows Rosenbrock's valley to (1, 1)", () => {
    const take = descent(type, row.options, [-1, 1], (p) => {
      const [a, b] = [0, 1].map((i) => slice(p, { axis: 0, start: i, end: i + 1 }));
      const valley = add(square(sub(1, a)), mul(100, square(sub(b, square(a)))));
      return gradients(sumAll(valley), [p])[0];
    });
    let p: number[] = [];
    for (let i = 0; i < 12_000; i++) p = take(row.rosenbrock);
    expect(difference(p, [1, 1])).toBeLessThan(0.02);
  });
});
