import { normal } from '@vae/sdk/random';
import { expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input, type Value } from '../../graph/value.js';
import { add, mul, reduceSum, square, sumAll } from '../../ops/index.js';
import { lowerForCpu } from './index.js';
import { differenceForCpu } from './testing.js';

const BATCH = 37;
const [a, b] = ['a', 'b'].map((name) => input(name, 'data', ['N'], 'A number for each sample.'));
const p = input('p', 'state', [4], 'A parameter.');
const rows = input('rows', 'data', ['N', 4], 'Samples.');
const draw = (count: number, stream: string) => normal({ seed: 8, stream }, count);
const feeds = {
  a: { data: draw(BATCH, 'a'), shape: [BATCH] },
  b: { data: draw(BATCH, 'b'), shape: [BATCH] },
  p: { data: draw(4, 'p'), shape: [4] },
  rows: { data: draw(4 * BATCH, 'rows'), shape: [BATCH, 4] },
};
const product = mul(a, b);

it.each<[string, Value, number]>([
  ['Σ a·b', sumAll(mul(a, b)), 1],
  ['Σ a²', sumAll(square(a)), 1],
  ['Σ p·p', sumAll(mul(p, p)), 1],
  ['Σ a·b, kept as a vector', reduceSum(mul(a, b), [0], true), 1],
  ['two of the same sum, written once', add(sumAll(mul(a, b)), sumAll(mul(a, b))), 1],
  ['Σ a·b where a·b has another reader', mul(product, sumAll(product)), 0],
  ['Σ rows·rows', sumAll(square(rows)), 0],
  ['Σ rows·p', sumAll(mul(rows, p)), 0],
])('%s', async (_, y, dots) => {
  const graph = buildGraph('sum', { y, product }, [a, b, p, rows]);
  const products = lowerForCpu(graph, { batch: BATCH }).model.nodes.filter(({ op }) => op === 'MatMul');
  expect(products).toHaveLength(dots);
  expect(await differenceForCpu(graph, feeds, { batch: BATCH })).toBeLessThan(1e-5);
});
