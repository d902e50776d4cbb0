import { describe, expect, it } from 'vitest';
import { buildPrograms, initialState } from '../programs.js';
import { TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { requirePrecision } from './precision.js';
import { referenceEngine } from './reference/index.js';
import { tfjsEngine } from './tfjs/index.js';

const programsIn = (precision: 'float32' | 'float16') => buildPrograms(tinyRecipe({ precision }), TINY_SHAPE);
const { train } = programsIn('float16');

describe('products in float16', () => {
  it.each(['cuda', 'webgpu'])('are for the device %s', (device) => {
    expect(() => requirePrecision({ train }, { engine: 'ort', device })).not.toThrow();
  });

  it.each(['cpu', 'wasm'])('are refused on the device %s, with what to do', (device) => {
    expect(() => requirePrecision({ train }, { engine: 'ort', device })).toThrow(
      expect.objectContaining({
        code: 'engine-failed',
        message:
          `precision "float16" pays on a GPU only, and the device is "${device}". Name a GPU with --device cuda or ` +
          'webgpu, or leave precision out (--precision float32 where the recipe has it).',
      }),
    );
  });

  it('are refused by engines without them, before anything is started', async () => {
    const state = initialState(programsIn('float16'), 0);
    for (const engine of [referenceEngine, tfjsEngine])
      await expect(engine.compile({ train }, state)).rejects.toThrow(
        `precision "float16" is not what the engine "${engine.name}" has. Use --engine ort on a GPU`,
      );
  });

  it('are of the training step alone, so that what is judged and exported is float32', () => {
    const { train, evaluate, encode, decode } = programsIn('float16');
    expect([train, evaluate, encode, decode].map(({ precision }) => precision)).toEqual([
      'float16',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('nobody asked for are refused nowhere', () => {
    const { train } = programsIn('float32');
    expect(() => requirePrecision({ train }, { engine: 'tfjs' })).not.toThrow();
  });
});
