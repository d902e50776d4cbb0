import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { judgePlacement, placementOn } from './placement.js';

describe('the placement of a training step', () => {
  it('counts what runs inside the Scan node, for every step', async () => {
    const runtime = await loadRuntime({ device: 'cpu' });
    const placement = await placementOn('cuda', runtime, { data: 'digits', steps: 2 });
    expect(Object.keys(placement)).toEqual(['CPUExecutionProvider']);
    const counts = placement.CPUExecutionProvider;
    expect(counts.Scan).toBe(1);
    // Three transposed convolutions forward and, as gradients of convolutions, one of the encoder's two backward; on
    // each of two steps.
    expect(counts.ConvTranspose).toBe(2 * 4);
    expect(judgePlacement(placement, 'CPUExecutionProvider').verdict).toBe('pass');
    expect(judgePlacement(placement, 'CUDAExecutionProvider')).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(
        /^0 nodes on CUDAExecutionProvider; elsewhere or copied: .*8 ConvTranspose/,
      ),
    });
  });

  it('fails where a node or a copy is out of place', () => {
    const good = { Gpu: { Scan: 1, Conv: 4 } };
    expect(judgePlacement(good, 'Gpu')).toMatchObject({
      verdict: 'pass',
      detail: '5 nodes on Gpu, none elsewhere, no copies',
    });
    expect(judgePlacement({ Gpu: { Conv: 4, MemcpyToHost: 2 } }, 'Gpu').detail).toContain('2 MemcpyToHost');
    expect(judgePlacement({ ...good, Cpu: { Gather: 3 } }, 'Gpu')).toMatchObject({
      verdict: 'fail',
      detail: '5 nodes on Gpu; elsewhere or copied: 3 Gather',
    });
  });
});
