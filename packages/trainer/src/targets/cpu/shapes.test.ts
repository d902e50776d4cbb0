import { uniform } from '@vae/sdk/random';
import { expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { expand, reduceSum, square, sub, sumAll } from '../../ops/index.js';
import { lowerForCpu } from './index.js';
import { differenceForCpu } from './testing.js';

const BATCH = 32;
const sizes = [
  // 12,288 rows, 64 parts; 12,289 rows, which is a prime number; and fewer than it takes.
  [3, 64, 64, 2],
  [1, 1, 12_289, 1],
  [1, 28, 28, 1],
];

it.each(sizes)('a sum over items of %i × %i × %i keeps its digits in %i steps', async (...extents) => {
  const [steps, shape] = [extents[3], extents.slice(0, 3)];
  const x = input('x', 'data', ['N', ...shape], 'Samples.');
  const graph = buildGraph('sum', { y: reduceSum(x, [1, 2, 3], false) }, [x]);
  const sums = lowerForCpu(graph, { batch: BATCH }).model.nodes.filter(({ op }) => op === 'ReduceSum');
  expect(sums).toHaveLength(steps);
  const count = shape.reduce((a, b) => a * b, BATCH);
  const feeds = { x: { data: uniform({ seed: 3, stream: 'x' }, count), shape: [BATCH, ...shape] } };
  // Row by row 12,288 of them come to 4e-6 and a prime number of rows has no parts.
  const bound = steps === 2 ? 1e-6 : 2e-5;
  expect(await differenceForCpu(graph, feeds, { batch: BATCH })).toBeLessThan(bound);
});

it('a sum over a whole batch keeps its digits', async () => {
  const x = input('x', 'data', ['N', 3, 64, 64], 'Samples.');
  const graph = buildGraph('sum', { y: sumAll(square(sub(x, 0.5))) }, [x]);
  const shape = [2 * BATCH, 3, 64, 64];
  const data = uniform({ seed: 3, stream: 'x' }, 2 * BATCH * 12_288);
  // Added one by one they come to 8e-6.
  expect(await differenceForCpu(graph, { x: { data, shape } }, { batch: 2 * BATCH })).toBeLessThan(1e-6);
});

it('a sum of what is repeated keeps its digits', async () => {
  const share = input('share', 'data', ['N', 1, 1, 1], 'One number for each sample.');
  const graph = buildGraph('sum', { y: sumAll(expand(share, ['N', 3, 64, 64])) }, [share]);
  const feeds = { share: { data: new Float32Array(BATCH).fill(0.1 / BATCH), shape: [BATCH, 1, 1, 1] } };
  // Added one by one they come to 5e-4.
  expect(await differenceForCpu(graph, feeds, { batch: BATCH })).toBeLessThan(1e-6);
});
