import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { resolveShape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import {
  abs,
  elu,
  erf,
  exp,
  ifFinite,
  leakyRelu,
  max,
  min,
  mul,
  neg,
  ops,
  relu,
  sigmoid,
  softplus,
  square,
  step,
  sub,
  sumAll,
  tanh,
} from '../ops/index.js';
import { caseInputs, drawCase, opCases } from '../testing/op-cases.js';
import { runOnnx } from '../testing/run-onnx.js';
import { exportTarget } from './export.js';
import { batchInput, bytesOf, checkExport, drawAll, expectSame } from './testing/check-export.js';

describe('every operator', () => {
  it('has a row, with a batch in it', () => {
    const rows = new Set<string>(
      opCases.filter(({ shapes }) => shapes.flat().some((dim) => dim === 'N')).map(({ op }) => op),
    );
    expect(Object.keys(ops).filter((name) => !rows.has(name))).toEqual([]);
    expect(Object.keys(exportTarget.rows).sort()).toEqual(Object.keys(ops).sort());
  });

  it.each(opCases)(
    'computes in ONNX Runtime what the reference does, and its gradient: $title',
    async (opCase) => {
      const inputs = caseInputs(opCase);
      const y = opCase.of(...inputs);
      const r = input('r', 'data', y.shape, 'Weight of every element of the result.');
      const slopes = opCase.op === 'Step' ? [] : gradients(sumAll(mul(r, y)), inputs);
      const outputs = { y, ...Object.fromEntries(slopes.map((slope, i) => [`dx${i}`, slope])) };
      const graph = buildGraph('case', outputs, [...inputs, r, batchInput]);
      await checkExport(graph, (batch) => ({
        ...drawAll(graph, batch),
        ...Object.fromEntries(
          drawCase(opCase, batch).map((data, i) => [
            `x${i}`,
            { data, shape: resolveShape(opCase.shapes[i], batch) },
          ]),
        ),
      }));
    },
  );
});

describe('special values', () => {
  const points = [0, 1e-30, -1e-30, 1e-6, -1e-6, 1, -1, 10, -10, 30, -30, 87, -87, 200, -200];
  const x = input('x', 'data', ['N', points.length], 'Zero, small and large.');
  const graphOf = (outputs: Record<string, Value>) => buildGraph('special', outputs, [x]);
  const draw = (batch: number) => ({
    x: {
      shape: [batch, points.length],
      data: Float32Array.from({ length: batch * points.length }, (_, i) => points[i % points.length]),
    },
  });

  it.each<[string, (x: Value) => Value]>([
    ['neg', neg],
    ['exp', exp],
    ['tanh', tanh],
    ['sigmoid', sigmoid],
    ['softplus', softplus],
    ['erf', erf],
    ['step', step],
    ['relu', relu],
    ['abs', abs],
    ['leakyRelu', (v) => leakyRelu(v, 0.2)],
    ['elu', (v) => elu(v, 0.7)],
    ['max', (v) => max(v, 0)],
    ['min', (v) => min(0, v)],
    ['square', square],
    ['softplus, elementwise', (v) => sub(softplus(v), mul(v, 0.5))],
  ])('%s', async (_, f) => {
    const y = f(x);
    await checkExport(graphOf({ y }), draw);
  });

  it('a choice takes the second operand at every finite number, and what it leaves does not count', async () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    const tests = [0, -1, largest, -largest, Infinity, -Infinity, NaN];
    const vector = (name: string) => input(name, 'data', [tests.length], '');
    const graph = buildGraph('choice', { y: ifFinite(vector('test'), vector('a'), vector('b')) });
    const finite = [true, true, true, true, false, false, false];
    const feed = (data: number[]) => ({ data: Float32Array.from(data), shape: [tests.length] });
    const feeds = {
      test: feed(tests),
      a: feed(finite.map((yes) => (yes ? 2 : NaN))),
      b: feed(finite.map((yes) => (yes ? Infinity : 3))),
    };
    const [{ y }] = await runOnnx(bytesOf(graph), feeds);
    expect([...y.data]).toEqual([2, 2, 2, 2, 3, 3, 3]);
    const arrays = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
    expect([...evaluate(graph, arrays, 1).y.data]).toEqual([2, 2, 2, 2, 3, 3, 3]);
  });

  it('the step is 0 or 1 at every ordinary number, and 0 at 0', async () => {
    const [{ y }] = await runOnnx(bytesOf(graphOf({ y: step(x) })), draw(1));
    expect([...y.data]).toEqual(points.map((value) => (value > 0 ? 1 : 0)));
  });

  it.each<[string, (x: Value) => Value]>([
    ['softplus', softplus],
    ['sigmoid', sigmoid],
    ['tanh', tanh],
    ['elu', (v) => elu(v, 0.7)],
    ['erf', erf],
    ['relu', relu],
    ['abs', abs],
  ])('the gradient of %s stays finite', async (_, f) => {
    const [dx] = gradients(sumAll(f(x)), [x]);
    const graph = graphOf({ dx });
    const results = await runOnnx(bytesOf(graph), draw(3));
    expect([...results[0].dx.data].every(Number.isFinite)).toBe(true);
    expectSame(graph, results[0], draw(3), 3);
  });
});
