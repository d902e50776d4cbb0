import { describe, expect, it } from 'vitest';
import { gradients } from '../../autodiff/gradients.js';
import { buildGraph } from '../../graph/graph.js';
import { input, type Value } from '../../graph/value.js';
import { abs, elu, erf, leakyRelu, relu, sigmoid, softplus, step, sumAll, tanh } from '../../ops/index.js';
import { runForCpu } from './testing.js';

const points = [
  0, 1e-30, -1e-30, 1e-6, -1e-6, 1, -1, 5, -5, 10, -10, 15, -15, 20, -20, 30, -30, 80, -80, 200, -200,
];
const x = input('x', 'data', ['N', points.length], 'Zero, small and large.');

async function valuesOf(y: Value): Promise<number[]> {
  const graph = buildGraph('special', { y });
  const feeds = { x: { shape: [1, points.length], data: Float32Array.from(points) } };
  return [...(await runForCpu(graph, feeds, { batch: 1 })).y.data];
}

describe('special values', () => {
  it('softplus keeps its digits where it is small, and is the input where that is large', async () => {
    const found = await valuesOf(softplus(x));
    points.forEach((point, i) => {
      // log1p keeps them in float64
      const expected = Math.max(point, 0) + Math.log1p(Math.exp(-Math.abs(point)));
      // Below 1e-37 float32 has no ordinary numbers.
      if (expected > 1e-37) expect(Math.abs(found[i] / expected - 1), `at ${point}`).toBeLessThan(5e-7);
      else expect(found[i]).toBeLessThan(1e-37);
    });
  });

  it('the step is 0 or 1, and 0 at 0', async () => {
    expect(await valuesOf(step(x))).toEqual(points.map((point) => (point > 0 ? 1 : 0)));
  });

  it.each<[string, (x: Value) => Value]>([
    ['softplus', softplus],
    ['sigmoid', sigmoid],
    ['tanh', tanh],
    ['erf', erf],
    ['relu', relu],
    ['abs', abs],
    ['leakyRelu', (v) => leakyRelu(v, 0.2)],
    ['elu', (v) => elu(v, 0.7)],
  ])('%s and its gradient stay finite', async (_, f) => {
    const [slope] = gradients(sumAll(f(x)), [x]);
    expect((await valuesOf(f(x))).every(Number.isFinite)).toBe(true);
    expect((await valuesOf(slope)).every(Number.isFinite)).toBe(true);
  });
});
