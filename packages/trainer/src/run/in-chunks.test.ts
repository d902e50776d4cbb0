import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { engines } from '../engines/index.js';
import { buildGraph } from '../graph/graph.js';
import { sampleSize } from '../graph/shape.js';
import { input } from '../graph/value.js';
import { add, matMul, reduceSum, sumAll } from '../ops/index.js';
import { buildPrograms, initialState } from '../programs.js';
import { TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { inChunks, samplesAtOnce } from './in-chunks.js';

const x = input('x', 'data', ['N', 3], 'data');
const scale = input('scale', 'scalar', [], 'a number');
/** Two operators that give three numbers for each sample, and 24 bytes together. */
const graph = buildGraph('looks', { y: add(add(x, scale), x) }, [x]);

describe('samplesAtOnce', () => {
  it('is what fits into the memory, one at least', () => {
    expect(samplesAtOnce(graph, 240)).toBe(10);
    expect(samplesAtOnce(graph, 263)).toBe(10);
    expect(samplesAtOnce(graph, 23)).toBe(1);
  });

  it.each([
    ['an output is of all together', sumAll(x)],
    ['what each of them gives depends on a sum over all', add(x, sumAll(x))],
    ['what each of them gives depends on pairs', reduceSum(matMul(x, x, { transB: true }), [1])],
  ])('is all of them where %s', (_, y) => {
    expect(samplesAtOnce(buildGraph('couples', { y }, [x]), 24)).toBe(Number.POSITIVE_INFINITY);
  });
});

/** An engine whose programs give back what they are fed, twice. */
function recording(device?: string) {
  const runs: Record<string, Float32Array>[] = [];
  const compiled = {
    description: 'a test',
    versions: {},
    device,
    run: async (_: string, feeds: Readonly<Record<string, Float32Array>>) => {
      runs.push(feeds);
      return { y: feeds.x!.map((value) => 2 * value) };
    },
    readState: async () => ({}),
    writeState: async () => {},
    dispose: async () => {},
  };
  return { compiled, runs };
}

describe('inChunks', () => {
  const looks = { look: { graph, updates: new Map() } };
  const fourSamples = 4 * 24;
  const feeds = () => ({
    x: Float32Array.from({ length: 9 * 3 }, (_, i) => i),
    scale: Float32Array.of(3),
  });

  it('runs a few samples at a time, each run with arrays of its own, and gives all results in order', async () => {
    const { compiled, runs } = recording();
    const { y } = await inChunks(compiled, looks, { batch: 9, mostBytes: fourSamples }).run('look', feeds());
    expect(runs.map((run) => run.x!.length / 3)).toEqual([4, 4, 1]);
    expect(runs.map((run) => [...run.scale!])).toEqual([[3], [3], [3]]);
    expect(new Set(runs.map((run) => run.scale!.buffer)).size).toBe(3);
    expect(y).toEqual(feeds().x.map((value) => 2 * value));
  });

  it.each([
    ['a batch, whatever its memory', 5, fourSamples, [5, 4]],
    ['more where they fit', 2, fourSamples, [4, 4, 1]],
    ['256 MiB of small ones', 2, undefined, [9]],
  ])('gives a GPU %s', async (_, batch, mostBytes, samples) => {
    const { compiled, runs } = recording('cuda');
    await inChunks(compiled, looks, { batch, mostBytes }).run('look', feeds());
    expect(runs.map((run) => run.x!.length / 3)).toEqual(samples);
  });

  it('leaves other programs as they are', async () => {
    const { compiled, runs } = recording();
    await inChunks(compiled, looks, { batch: 1, mostBytes: fourSamples }).run('train', feeds());
    expect(runs).toHaveLength(1);
  });

  it('gives what all samples at once give', async () => {
    const programs = buildPrograms(tinyRecipe(), TINY_SHAPE);
    const { evaluate } = programs;
    const count = 10;
    const perSample = evaluate.graph.nodes.reduce((sum, { shape }) => sum + 4 * sampleSize(shape), 0);
    const engine = await engines.reference();
    const compiled = await engine.compile({ evaluate }, initialState(programs, 1));
    const given = () => ({
      x: uniform({ seed: 1, stream: 'x' }, count * 64),
      weight: new Float32Array(count).fill(1 / count),
      eps: uniform({ seed: 1, stream: 'eps' }, count * 2),
    });
    const whole = await compiled.run('evaluate', given());
    const parts = await inChunks(compiled, { evaluate }, { batch: 10, mostBytes: 4 * perSample }).run(
      'evaluate',
      given(),
    );
    expect(Object.keys(parts)).toEqual(Object.keys(whole));
    for (const [name, values] of Object.entries(whole)) {
      expect(values).toHaveLength(count);
      for (const [i, value] of values.entries()) expect(parts[name][i]).toBe(value);
    }
    await compiled.dispose();
  });
});
