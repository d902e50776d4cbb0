import { describe, expect, it } from 'vitest';
import { formatJson } from './format.js';

describe('a recipe as text', () => {
  it('has on one line what fits there, and the rest indented by two', () => {
    const layers = [
      { type: 'conv2d', filters: 32, kernel: 4, stride: 2, padding: 1 },
      'relu',
      'flatten',
      'relu',
    ];
    expect(formatJson({ name: 'mine', layers, none: undefined, empty: {} })).toBe(`{
  "name": "mine",
  "layers": [
    { "type": "conv2d", "filters": 32, "kernel": 4, "stride": 2, "padding": 1 },
    "relu",
    "flatten",
    "relu"
  ],
  "empty": {}
}`);
  });

  it.each([
    [[]],
    [{}],
    [{ a: [1, 'x"y', null, { b: false }] }],
    ['word'],
    [Array(200).fill({ long: 'word' })],
  ])('is JSON of the same data: %j', (value) => {
    expect(JSON.parse(formatJson(value))).toEqual(value);
  });
});
