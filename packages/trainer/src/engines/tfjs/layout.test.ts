import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input, type Value } from '../../graph/value.js';
import {
  add,
  conv,
  convTranspose,
  flatten,
  mul,
  reduceSum,
  reshape,
  sigmoid,
  sub,
  sumPerSample,
} from '../../ops/index.js';
import { openOnly } from '../../testing/tfjs-backends.js';
import { layOut, reorder, turn } from './layout.js';
import { toPlan } from './plan.js';

const x = input('x', 'data', ['N', 2, 6, 6], 'Images.');
const w = input('w', 'state', [3, 2, 3, 3], 'Weights.');
const bias = input('bias', 'state', [3, 1, 1], 'One number a channel.');
const window = { strides: [1, 1], pads: [1, 1, 1, 1] } as const;

/** The order of every operator's result, by its name and place. */
function ordersOf(output: Value): string[] {
  const plan = toPlan(buildGraph('g', { output }));
  const first = plan.inputs.length + plan.constants.length;
  const { values } = layOut(plan);
  return plan.steps.map(({ op }, i) => `${op} ${values[first + i]}`);
}

describe('the layout', () => {
  it('stays as a convolution left it through elementwise operators and back into one', () => {
    const hidden = sigmoid(add(conv(x, w, window), bias));
    const back = convTranspose(mul(hidden, hidden), w, window, [0, 0]);
    expect(ordersOf(sumPerSample(mul(back, x)))).toEqual([
      'Conv last',
      'Add last',
      'Sigmoid last',
      'Mul last',
      'ConvTranspose last',
      'Mul last',
      'ReduceSum first',
    ]);
  });

  it('stays through sums that keep their axes', () => {
    const convolved = conv(x, w, window);
    const centered = sub(convolved, mul(1 / 36, reduceSum(convolved, [2, 3], true)));
    expect(ordersOf(centered)).toEqual(['Conv last', 'ReduceSum last', 'Mul last', 'Sub last']);
  });

  it('is turned back for what depends on the order of the axes', () => {
    const plan = toPlan(
      buildGraph('g', { rows: reduceSum(conv(x, w, window), [3]), all: flatten(conv(x, w, window)) }),
    );
    const { values, operands } = layOut(plan);
    const steps = plan.steps.map(({ op }, i) => [op, values[plan.inputs.length + i], ...operands[i]]);
    expect(steps).toEqual([
      ['Conv', 'last', 'last', 'first'],
      ['ReduceSum', 'first', 'first'],
      ['Conv', 'last', 'last', 'first'],
      ['Reshape', 'first', 'first'],
    ]);
  });

  it('is the graph’s where nothing is convolved', () => {
    expect(ordersOf(sigmoid(add(reshape(x, ['N', 2, 36, 1]), 1)))).toEqual([
      'Reshape first',
      'Add first',
      'Sigmoid first',
    ]);
  });
});

describe('turning', () => {
  it('puts the channels last and back', () => {
    expect(reorder(['N', 'C', 'H', 'W'], 'last')).toEqual(['N', 'H', 'W', 'C']);
    expect(reorder(['N', 'H', 'W', 'C'], 'first')).toEqual(['N', 'C', 'H', 'W']);
  });

  // Element (n, c, h, w) of a [2, C, H, W] array is 1000·n + 100·c + 10·h + w.
  it.each([
    [3, 2, 4],
    [1, 2, 4],
    [3, 1, 1],
  ])('moves every element of %i channels of %i × %i pixels', async (channels, height, width) => {
    const { tf } = await openOnly('cpu');
    const values = (axes: readonly [size: number, unit: number][]): number[] =>
      axes.reduce<number[]>(
        (sums, [size, unit]) => sums.flatMap((sum) => Array.from({ length: size }, (_, i) => sum + i * unit)),
        [0],
      );
    const [n, c, h, v] = [
      [2, 1000],
      [channels, 100],
      [height, 10],
      [width, 1],
    ] as [number, number][];
    const [first, last] = [values([n!, c!, h!, v!]), values([n!, h!, v!, c!])];
    tf.tidy(() => {
      const given = tf.tensor(first, [2, channels, height, width]);
      const turned = turn(tf, given, 'last');
      expect(turned.shape).toEqual([2, height, width, channels]);
      expect([...turned.dataSync()]).toEqual(last);
      expect([...turn(tf, turned, 'first').dataSync()]).toEqual(first);
    });
  });

  it('gives what broadcasts to images its axes, and leaves a scalar', async () => {
    const { tf } = await openOnly('cpu');
    tf.tidy(() => {
      expect(turn(tf, tf.zeros([3, 1, 1]), 'last').shape).toEqual([1, 1, 1, 3]);
      expect(turn(tf, tf.zeros([5, 4]), 'last').shape).toEqual([1, 5, 4, 1]);
      expect(turn(tf, tf.scalar(1), 'last').shape).toEqual([]);
    });
  });
});
