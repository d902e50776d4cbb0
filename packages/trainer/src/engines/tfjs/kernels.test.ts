import { expect, it } from 'vitest';
import { gradients } from '../../autodiff/gradients.js';
import { buildGraph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { input } from '../../graph/value.js';
import { mul, ops, sumAll } from '../../ops/index.js';
import { caseInputs, drawCase, type OpCase, opCases } from '../../testing/op-cases.js';
import { type FloatArray, relativeDifference } from '../../testing/run-onnx.js';
import { describeBackends, openOnly } from '../../testing/tfjs-backends.js';
import { evaluate } from '../reference/index.js';
import type { Backend } from './backends.js';
import { LoadedPlan } from './interpret.js';
import { kernels } from './kernels.js';
import { toPlan } from './plan.js';

const TOLERANCE = 1e-4;
const BATCH = 3;

/** f(x), and Σ r·f(x) with a fixed r so that every element of the result has a slope of its own. */
function caseGraph(opCase: OpCase) {
  const inputs = caseInputs(opCase);
  const y = opCase.of(...inputs);
  const r = input('r', 'data', y.shape, 'Weight of every element of the result.');
  const [weights] = drawCase({ ...opCase, shapes: [y.shape], draws: [(u) => 2 * u - 1] }, BATCH);
  const data = [...drawCase(opCase, BATCH), weights!];
  const feeds = [...inputs, r].map(({ name, shape }, i) => ({
    name,
    data: data[i],
    shape: resolveShape(shape, BATCH),
  }));
  return { inputs, y, scalar: sumAll(mul(r, y)), fed: [...inputs, r], feeds };
}

function expected(opCase: OpCase) {
  const { inputs, y, scalar, fed, feeds } = caseGraph(opCase);
  const slopes = opCase.op === 'Step' ? [] : gradients(scalar, inputs);
  const outputs = { y, ...Object.fromEntries(slopes.map((slope, i) => [`x${i}`, slope])) };
  const numbers = Object.fromEntries(feeds.map(({ name, data }) => [name, data]));
  return evaluate(buildGraph('expected', outputs, fed), numbers, BATCH);
}

/** The same from TensorFlow.js, whose gradients are its own. */
function computed({ tf }: Backend, opCase: OpCase): Record<string, FloatArray> {
  const { y, scalar, fed, feeds } = caseGraph(opCase);
  const plan = new LoadedPlan(tf, toPlan(buildGraph('computed', { y, scalar }, fed)));
  const results: Record<string, FloatArray> = {};
  tf.tidy(() => {
    const given = feeds.map(({ data, shape }) => tf.tensor(data, shape));
    const run = (...values: typeof given) => plan.run(new Map(values.map((v, i) => [fed[i].name, v])), BATCH);
    const slopes = tf.grads((...values) => run(...values).get('scalar')!)(given);
    const found = {
      y: run(...given).get('y')!,
      ...Object.fromEntries(slopes.map((slope, i) => [`x${i}`, slope])),
    };
    for (const [name, value] of Object.entries(found))
      results[name] = { data: (value.dataSync() as Float32Array).slice(), shape: value.shape };
  });
  plan.dispose();
  return results;
}

it('there is a kernel for every operator', () => {
  expect(Object.keys(kernels).sort()).toEqual(Object.keys(ops).sort());
});

describeBackends('values and TensorFlow.js’s own gradients are those of the reference', (only) => {
  it.each(Object.keys(ops))('%s', async (op) => {
    const backend = await openOnly(only);
    const before = backend.tf.memory().numTensors;
    for (const opCase of opCases.filter((each) => each.op === op)) {
      const [found, reference] = [computed(backend, opCase), expected(opCase)];
      for (const [name, values] of Object.entries(reference)) {
        const told = `${opCase.title}, ${name}: [${found[name].data}], not [${values.data}]`;
        expect(relativeDifference(found[name], values), told).toBeLessThan(TOLERANCE);
      }
    }
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});
