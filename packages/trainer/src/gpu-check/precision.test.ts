import { describe, expect, it } from 'vitest';
import { allItems } from './items.js';
import { checkFloat16, judgeFloat16 } from './precision.js';
import { cpuTarget } from './targets.js';

const options = { data: 'digits', steps: 2, seconds: 0 };

describe('the check of float16', () => {
  it('is for ONNX Runtime on GPUs, once that works', () => {
    const items = allItems(options).filter(({ id }) => id.endsWith('.float16'));
    expect(items.map(({ id, needs }) => [id, needs])).toEqual([
      ['cuda.float16', 'cuda.product'],
      ['webgpu.float16', 'webgpu.product'],
    ]);
  });

  it('passes where the losses are those of float32 to a hundredth', () => {
    expect(judgeFloat16({ losses: [200, 101] }, { losses: [200, 100.5] })).toEqual({
      verdict: 'pass',
      detail: '2 losses, largest relative difference to float32 5.0e-3',
    });
    expect(judgeFloat16({ losses: [200, 102] }, { losses: [200, 100] }).verdict).toBe('fail');
    expect(judgeFloat16({ losses: [200, Number.NaN] }, { losses: [200, 100] }).verdict).toBe('fail');
  });

  it('says how long a step takes beside one in float32', () => {
    const [half, whole] = [0.5, 2].map((secondsPerStep) => ({ losses: [1], secondsPerStep }));
    expect(judgeFloat16(half!, whole!).detail).toMatch(/; a step takes 0\.25 of the time \(medians\)$/);
  });

  it('fails where the engine refuses', async () => {
    const reference = { ...cpuTarget, name: 'reference', engine: 'reference' } as const;
    await expect(checkFloat16(reference, { ...options, steps: 1 })).rejects.toThrow('precision "float16"');
  });
});
