import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input } from '../graph/value.js';
import { exp, mul, sumAll } from '../ops/index.js';
import { firstValue, lossScale, nextLossScale, scaledGradients } from './loss-scale.js';

const norm = input('norm', 'data', [], 'Norm of the whole gradient.');

/** State of the scale after updates whose gradients have these norms. */
function after(norms: readonly number[], from: { scale: number; goodSteps: number }) {
  const held = lossScale();
  const next = [...nextLossScale(norm, held).values()];
  const graph = buildGraph('next', { scale: next[0], goodSteps: next[1] });
  let { scale, goodSteps } = from;
  for (const value of norms) {
    const feeds = { norm: [value], [held.scale.name]: [scale], [held.goodSteps.name]: [goodSteps] };
    const results = evaluate(graph, feeds, 1);
    [scale, goodSteps] = [results.scale.data[0], results.goodSteps.data[0]];
  }
  return { scale, goodSteps };
}

describe('the scale of the loss', () => {
  it('starts at 2¹⁰, and its counter at 0', () => {
    const { scale, goodSteps } = lossScale();
    expect([scale, goodSteps].map(({ name }) => firstValue(name))).toEqual([1024, 0]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])('is halved by a gradient of norm %d', (bad) => {
    expect(after([bad], { scale: 1024, goodSteps: 7 })).toEqual({ scale: 512, goodSteps: 0 });
    expect(after([bad, 1, bad], { scale: 1024, goodSteps: 0 })).toEqual({ scale: 256, goodSteps: 0 });
  });

  it('stays while gradients are finite, and doubles at the 2000th in a row', () => {
    expect(after([0, 1, 1e30], { scale: 1024, goodSteps: 0 })).toEqual({ scale: 1024, goodSteps: 3 });
    expect(after([1], { scale: 1024, goodSteps: 1998 })).toEqual({ scale: 1024, goodSteps: 1999 });
    expect(after([1], { scale: 1024, goodSteps: 1999 })).toEqual({ scale: 2048, goodSteps: 0 });
  });

  it('is 2²⁴ at most', () => {
    expect(after([1], { scale: 2 ** 24, goodSteps: 1999 }).scale).toBe(2 ** 24);
  });
});

describe('gradients by way of a scaled loss', () => {
  const w = input('w', 'state', [3], 'Weights.');
  const loss = sumAll(exp(mul(w, w)));
  const held = lossScale();
  const scaled = scaledGradients(loss, [w], held);
  const [dw] = gradients(loss, [w]);
  const graph = buildGraph('slope', { dw, scaled: scaled.gradients[0], loss: scaled.loss, plain: loss });
  const at = (scale: number) => evaluate(graph, { w: [0.3, -1, 0.7], [held.scale.name]: [scale] }, 1);

  it('are the gradients, and the loss is what it was', () => {
    const { dw, scaled, loss, plain } = at(2 ** 16);
    // A power of two changes no digit.
    expect([...scaled.data]).toEqual([...dw.data]);
    expect(loss.data[0]).toBe(plain.data[0]);
  });

  it('end as no number once the scale has come down to 0', () => {
    expect(at(0).loss.data[0]).toBeNaN();
  });
});
