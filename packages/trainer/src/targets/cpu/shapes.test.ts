import { uniform } from '@vae/sdk/random';
import { expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { reduceSum } from '../../ops/index.js';
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
