import { join } from 'node:path';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../engines/reference/index.js';
import type { Graph } from '../../graph/graph.js';
import { resolveShape, sizeOf } from '../../graph/shape.js';
import type { Input } from '../../graph/value.js';
import { buildPrograms, initialState } from '../../programs.js';
import { loadRecipe, shippedRecipes } from '../../recipe/load.js';
import type { FloatArray } from '../../testing/run-onnx.js';
import { largestDifference, runForCpu } from './testing.js';

const TOLERANCE = 1e-5;
const CLASSES = 10;

type Arrays = Record<string, FloatArray>;

/** The weights of a recipe before its first step, biases random where they would be 0. */
function drawState(programs: ReturnType<typeof buildPrograms>): Arrays {
  const filled = Object.entries(initialState(programs, 1)).map(([name, { data, shape }]) => {
    const noise = normal({ seed: 2, stream: name }, data.length);
    return [name, { shape, data: data.some((value) => value !== 0) ? data : noise.map((v) => 0.1 * v) }];
  });
  return Object.fromEntries(filled);
}

/** What an input of samples holds for one of them. */
function drawSample({ name, shape, role }: Input, sample: number): Float32Array {
  const count = sizeOf(resolveShape(shape, 1));
  const key = { seed: 9, stream: `${name} ${sample}` };
  return role === 'noise' ? normal(key, count) : uniform(key, count);
}

interface Subject {
  readonly graph: Graph;
  readonly state: Arrays;
  /** Different samples: others of a batch repeat them, so that the slow reference needs only these. */
  readonly samples: number;
}

async function subjectOf(name: string): Promise<Subject> {
  const recipe = await loadRecipe(name);
  const large = /(\d+)x(\d+)x(\d+)$/.exec(recipe.data.source);
  const dataShape = large ? [Number(large[3]), Number(large[1]), Number(large[2])] : [1, 28, 28];
  const programs = buildPrograms(recipe, dataShape, CLASSES);
  return { graph: programs.train.parts!.gradients, state: drawState(programs), samples: large ? 1 : 2 };
}

/** A batch that repeats some samples, with those shares in the mean. */
function feedsOf({ graph, state, samples }: Subject, shares: readonly number[]): Arrays {
  const feeds = graph.inputs.map((item): [string, FloatArray] => {
    const shape = resolveShape(item.shape, shares.length);
    if (item.name in state) return [item.name, state[item.name]];
    if (item.role === 'scalar') return [item.name, { shape, data: Float32Array.of(0.5) }];
    if (item.role === 'weight') return [item.name, { shape, data: Float32Array.from(shares) }];
    const data = new Float32Array(sizeOf(shape));
    const size = data.length / shares.length;
    shares.forEach((_, i) => {
      data.set(drawSample(item, i % samples), i * size);
    });
    return [item.name, { shape, data }];
  });
  return Object.fromEntries(feeds);
}

/** Outputs of the reference for each sample alone, with a share of 1. */
function referenceOf(subject: Subject) {
  return Array.from({ length: subject.samples }, (_, sample) => {
    const alone = Array.from({ length: sample + 1 }, (_, i) => (i === sample ? 1 : 0));
    const feeds = Object.entries(feedsOf(subject, alone)).map(([name, { data }]) => {
      const single = subject.graph.inputs.find((item) => item.name === name)!.shape[0] === 'N';
      return [name, single ? data.subarray((data.length / alone.length) * sample) : data];
    });
    return evaluate(subject.graph, Object.fromEntries(feeds), 1);
  });
}

/** Every output is a sum over the samples, times their shares. */
function weightedSum(alone: ReturnType<typeof referenceOf>, shares: readonly number[]) {
  return Object.fromEntries(
    Object.entries(alone[0]).map(([name, { shape }]) => {
      const data = new Float64Array(sizeOf(shape));
      alone.forEach((outputs, sample) => {
        const share = shares.reduce((sum, value, i) => (i % alone.length === sample ? sum + value : sum), 0);
        outputs[name].data.forEach((value, i) => {
          data[i] += share * value;
        });
      });
      return [name, { data, shape }];
    }),
  );
}

/** Normalisations between convolutions, over and under maps with a spare pixel. */
const normalised = join(import.meta.dirname, '../../../../../test/runtimes/normalised.json');
const subjects = [...shippedRecipes().map((name) => [name, name]), ['normalised', normalised]];

describe.each(subjects)('the gradients of %s', (_, name) => {
  it('are those of the reference, in batches of 1, 3 and 32, for one thread and two', {
    timeout: 300_000,
  }, async () => {
    const subject = await subjectOf(name);
    const alone = referenceOf(subject);
    for (const batch of [1, 3, 32]) {
      const shares = Array.from({ length: batch }, (_, i) => Math.fround((1 + (i % 5)) / (3 * batch)));
      const expected = weightedSum(alone, shares);
      for (const threads of [1, 2]) {
        const found = await runForCpu(subject.graph, feedsOf(subject, shares), { batch, threads });
        const difference = largestDifference(found, expected);
        expect(difference, `batch ${batch}, ${threads} threads`).toBeLessThanOrEqual(TOLERANCE);
      }
    }
  });
});
