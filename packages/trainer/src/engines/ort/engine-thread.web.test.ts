import { describe, expect, it, vi } from 'vitest';
import { buildPrograms, initialState } from '../../programs.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { referenceEngine } from '../reference/index.js';

// As it is where onnxruntime-node is not installed
vi.mock('@vae/sdk/runtime', async (original) => {
  const module = await original<typeof import('@vae/sdk/runtime')>();
  return { ...module, loadRuntime: () => module.loadRuntime({ device: 'wasm' }) };
});

describe('the engine on onnxruntime-web', () => {
  it('runs a step as one graph, and gives what the reference gives', async () => {
    const recipe = tinyRecipe({ model: everyLayer });
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const { train, encode } = programs;
    const state = initialState(programs, recipe.seed);
    const [ort, reference] = [
      await inThreadOrt.compile({ train, encode }, state, { threads: 2 }),
      await referenceEngine.compile({ train, encode }, state),
    ];
    expect(ort.description).toMatch(/^onnxruntime-web \S+ \(wasm, 1 thread\)$/);
    for (const feeds of await tinyFeeds(recipe, 7)) {
      const copy = Object.fromEntries(Object.entries(feeds).map(([name, data]) => [name, data.slice()]));
      const [{ loss }, { loss: expected }] = [
        await ort.run('train', feeds),
        await reference.run('train', copy),
      ];
      expect(Math.abs(loss[0] / expected[0] - 1)).toBeLessThan(1e-5);
    }
    const x = () => ({ x: new Float32Array(64).fill(0.5) });
    const [{ mean }, { mean: expected }] = [await ort.run('encode', x()), await reference.run('encode', x())];
    mean.forEach((value, i) => void expect(Math.abs(value - expected[i])).toBeLessThan(1e-3));
    await ort.dispose();
  });
});
