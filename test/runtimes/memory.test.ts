import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lastJson, long, node, root } from '../support/project.js';

// 100,000 decodes and 2,000 loads with `npm run test:long`, a part of that else.

interface Growth {
  readonly heapMB: number;
  readonly residentMB: number;
}

interface Report {
  readonly decodes: { readonly inThread: Growth; readonly workers: Growth };
  readonly tensors: { readonly made: number; readonly alive: number };
  readonly loads: { readonly bare: Growth; readonly inThread: Growth; readonly workers: Growth };
}

it('memory stays flat over decodes, and over loads as flat as ONNX Runtime’s own', {
  timeout: 1_200_000,
}, async () => {
  const counts = long ? ['100000', '2000'] : ['5000', '150'];
  // V8 gives its young generation more room when it likes, 24 MB in all, which is no leak; here it may not.
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const outcome = await node([...flags, join(root, 'bench/sdk-memory.mjs'), ...counts]);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  const { decodes, tensors, loads } = lastJson(outcome) as never as Report;
  for (const growth of Object.values(decodes)) {
    expect(growth.heapMB).toBeLessThan(10);
    expect(growth.residentMB).toBeLessThan(10);
  }
  expect(tensors.made).toBeGreaterThanOrEqual((2 * Number(counts[0])) / 10);
  expect(tensors.alive).toBeLessThan(10);
  for (const growth of [loads.inThread, loads.workers]) {
    expect(growth.heapMB - loads.bare.heapMB).toBeLessThan(2);
    // A short run has not yet filled the allocator's arenas, whose pages come many at a time. What bare sessions gave
    // back was not theirs.
    expect(growth.residentMB - Math.max(0, loads.bare.residentMB)).toBeLessThan(long ? 2 : 10);
  }
});
