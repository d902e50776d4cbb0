import { describe, expect, it } from 'vitest';
import { faultOf, tryDevice } from './trial.js';

describe('tryDevice', () => {
  it('runs a model on wasm', async () => {
    expect(await tryDevice('wasm')).toEqual({
      device: 'wasm',
      works: true,
      runtime: expect.stringMatching(/^onnxruntime-web \d+\.\d+/),
      reason: undefined,
    });
  });

  it.runIf(process.platform === 'linux')("gives the SDK's reason where a device cannot be", async () => {
    expect(await tryDevice('dml')).toEqual({
      device: 'dml',
      works: false,
      reason: expect.stringContaining('DirectML is a part of Windows'),
    });
  });
});

describe('faultOf', () => {
  const expected = Float32Array.of(0, 0.5, 1);

  it('lets rounding pass and nothing else', () => {
    expect(faultOf(Float32Array.of(0.01, 0.5, 0.99), expected)).toBeUndefined();
    expect(faultOf(Float32Array.of(0, 0.5, 0), expected)).toBe(
      'It computes something else than wasm does: pixels differ by up to 1.0.',
    );
    expect(faultOf(Float32Array.of(0, Number.NaN, 1), expected)).toContain('NaN');
  });
});
