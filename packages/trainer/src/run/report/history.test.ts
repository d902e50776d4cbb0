import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../folder.js';
import { bestEpoch, historyCurves, readHistory } from './history.js';

const epoch = (number: number, loss: number | null, more: object = {}): LogRecord => ({
  kind: 'epoch',
  epoch: number,
  step: number * 100,
  train: { bound: null, loss, gradientNorm: 3 },
  seconds: 2,
  samplesPerSecond: 50,
  ...more,
});
const step = (number: number, loss: number, more: object = {}): LogRecord => ({
  kind: 'step',
  epoch: 1,
  step: number,
  loss,
  gradientNorm: 1,
  ...more,
});
const titles = (records: LogRecord[]) => historyCurves(readHistory(records)).map(({ title }) => title);

describe('historyCurves', () => {
  it('draws terms that exist, over epochs, by part', () => {
    const test = { bound: null, loss: 7, samples: 10, standardError: 0.1 };
    const curves = historyCurves(readHistory([epoch(1, 9, { test }), epoch(2, 8, { test })]));
    expect(curves.map(({ title }) => title)).toEqual(['loss', 'gradient norm']);
    expect(curves[0].labels).toEqual({ x: 'epoch', y: 'nats per sample' });
    expect(curves[0].series).toEqual([
      {
        name: 'train',
        points: [
          { x: 1, y: 9 },
          { x: 2, y: 8 },
        ],
      },
      {
        name: 'test',
        points: [
          { x: 1, y: 7 },
          { x: 2, y: 7 },
        ],
      },
    ]);
  });

  it('draws steps where there is one epoch, the other parts as a point at its end', () => {
    const [loss] = historyCurves(
      readHistory([step(50, 20), step(100, 10), epoch(1, 15, { test: { loss: 9 } })]),
    );
    expect(loss.labels.x).toBe('step');
    expect(loss.series).toEqual([
      {
        name: 'train',
        points: [
          { x: 50, y: 20 },
          { x: 100, y: 10 },
        ],
      },
      { name: 'test', points: [{ x: 100, y: 9 }] },
    ]);
  });

  it('draws the learning rate where it is logged, and a run without an epoch', () => {
    expect(titles([step(1, 2, { learningRate: 0.1 }), step(2, 1, { learningRate: 0.05 })])).toEqual([
      'loss',
      'gradient norm',
      'learning rate',
    ]);
    expect(titles([])).toEqual([]);
  });

  it('keeps a gap where a value is missing', () => {
    const [loss] = historyCurves(readHistory([epoch(1, 9), epoch(2, null), epoch(3, 7)]));
    expect(loss.series[0].points.map(({ y }) => y)).toEqual([9, null, 7]);
  });
});

it('shows an epoch that was resumed once, and counts the time of both halves', () => {
  const { epochs, seconds } = readHistory([epoch(1, 9, { step: 40 }), epoch(1, 8), epoch(2, 7)]);
  expect(epochs.map(({ step }) => step)).toEqual([100, 200]);
  expect(seconds).toBe(6);
});

it('finds the epoch that validation chose: the highest bound, else the lowest loss, the first of equals', () => {
  const best = (...validations: object[]) =>
    bestEpoch(readHistory(validations.map((validation, i) => epoch(i + 1, 1, { validation }))).epochs)?.epoch;
  expect(best({ bound: -9, loss: 1 }, { bound: -7, loss: 5 }, { bound: -7, loss: 0 })).toBe(2);
  expect(best({ bound: null, loss: 5 }, { bound: null, loss: 3 }, { bound: null, loss: 4 })).toBe(2);
  expect(bestEpoch(readHistory([epoch(1, 1)]).epochs)).toBeUndefined();
});
