import { describe, expect, it } from 'vitest';
import { fromDiffusionLatents, toDiffusionLatents } from './diffusion-latents.js';

// [N 2, C 2, H 1, W 2]
const z = { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2, 2, 1, 2] };

describe('latents for a diffusion model', () => {
  it('are (z - shift) * scale', () => {
    const { data, shape } = toDiffusionLatents(z, { scalingFactor: 0.5, shiftFactor: 1 });
    expect(shape).toEqual(z.shape);
    expect([...data]).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]);
    expect([...toDiffusionLatents(z, { scalingFactor: 2 }).data]).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  });

  it('are (z - mean) * scale / std per channel, where the shift does not count', () => {
    const scaling = { scalingFactor: 0.5, shiftFactor: 99, latentsMean: [1, 3], latentsStd: [0.5, 2] };
    // Channel 0: z - 1; channel 1: (z - 3) / 4.
    expect([...toDiffusionLatents(z, scaling).data]).toEqual([0, 1, 0, 0.25, 4, 5, 1, 1.25]);
    // Channel 0: z * 1 + 1; channel 1: z * 4 + 3.
    expect([...fromDiffusionLatents(z, scaling).data]).toEqual([2, 3, 15, 19, 6, 7, 31, 35]);
  });

  it('come back as z / scale + shift', () => {
    const scaling = { scalingFactor: 0.5, shiftFactor: 1 };
    expect([...fromDiffusionLatents(z, scaling).data]).toEqual([3, 5, 7, 9, 11, 13, 15, 17]);
  });

  it('are undone one by the other', () => {
    const scaling = { scalingFactor: 0.18215, latentsMean: [0.1, -0.2], latentsStd: [1.3, 0.7] };
    const back = fromDiffusionLatents(toDiffusionLatents(z, scaling), scaling);
    for (const [i, value] of z.data.entries()) expect(back.data[i]).toBeCloseTo(value, 5);
  });

  it('need one mean per channel', () => {
    const scaling = { scalingFactor: 1, latentsMean: [0, 0, 0], latentsStd: [1, 1, 1] };
    expect(() => toDiffusionLatents(z, scaling)).toThrow(
      'toDiffusionLatents: z is [2, 2, 1, 2], expected [N, 3, ...], one channel per mean.',
    );
  });

  it.each([
    [{ scalingFactor: 0 }],
    [{ scalingFactor: Number.NaN }],
    [{}],
    [undefined],
    [{ scalingFactor: 1, latentsMean: [0], latentsStd: [0] }],
    [{ scalingFactor: 1, latentsMean: [0], latentsStd: [] }],
    [{ scalingFactor: 1, latentsMean: [], latentsStd: [] }],
    [{ scalingFactor: 1, latentsMean: [0] }],
  ])('refuse the scaling %j', (scaling) => {
    expect(() => fromDiffusionLatents(z, scaling as never)).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});
