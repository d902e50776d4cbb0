import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { create } from '../choice.js';
import { input } from '../graph/value.js';
import { numbersOf } from '../testing/numbers-of.js';
import { layerSpec, layers } from './index.js';
import { LayerScope } from './layer.js';
import { Trace } from './trace.js';

function use(spec: unknown, shape: readonly number[]) {
  const trace = new Trace(true, [1, 8, 8]);
  const x = input('x', 'data', ['N', ...shape], '');
  const scope = new LayerScope(trace, 'encoder.2-residual', 'glorotUniform');
  const y = create(layers, v.parse(layerSpec, spec))(x, scope);
  return { y, parameters: [...trace.parameters.keys()], noises: [...trace.noises.keys()] };
}

const residual = (layers: readonly unknown[], shortcut?: readonly unknown[]) => ({
  type: 'residual',
  layers,
  ...(shortcut && { shortcut }),
});

describe('residual', () => {
  it('adds what its layers make to what they were given', () => {
    const { y } = use(residual(['relu']), [4]);
    expect(numbersOf(y, { x: [-2, -1, 1, 3] })).toEqual([-2, -1, 2, 6]);
    const { y: nested } = use(residual([residual(['relu']), 'relu']), [4]);
    // relu(relu(x) + x) + x
    expect(numbersOf(nested, { x: [-2, -1, 1, 3] })).toEqual([-2, -1, 3, 9]);
  });

  it('adds what a shortcut makes instead, which may have another shape', () => {
    const dense = { type: 'dense', units: 2, bias: false };
    const { y, parameters } = use(residual([dense, 'relu'], [dense]), [3]);
    expect(parameters).toEqual([
      'encoder.2-residual.0-dense.weight',
      'encoder.2-residual.shortcut.0-dense.weight',
    ]);
    const [main, past] = parameters;
    const found = numbersOf(y, { x: [1, 2, 3], [main]: [1, -1, 0, 0, 1, 0], [past]: [0, 10, 1, 0, 0, 0] });
    // (1, 2, 3) by the columns (1, 0, 1) and (−1, 0, 0), cut at 0, and by (0, 1, 0) and (10, 0, 0)
    expect(found).toEqual([4 + 2, 0 + 10]);
  });

  it('names parameters and noise by all the layers that they are in', () => {
    const layers = [residual(['tanh', { type: 'dense', units: 4 }]), { type: 'dropout', keep: 0.5 }];
    const { parameters, noises } = use(residual(layers), [4]);
    expect(parameters).toEqual([
      'encoder.2-residual.0-residual.1-dense.weight',
      'encoder.2-residual.0-residual.1-dense.bias',
    ]);
    expect(noises).toEqual(['encoder.2-residual.1-dropout.mask']);
  });

  it.each([
    [
      residual([{ type: 'conv2d', filters: 4, kernel: 3, stride: 2, padding: 'same' }]),
      'encoder.2-residual: its layers make [N, 4, 4, 4] of [N, 2, 8, 8], which cannot be added to [N, 2, 8, 8]. Give it a "shortcut" that makes the same shape, such as [{ "type": "conv2d", "filters": …, "kernel": 1, "stride": … }], or layers that keep the shape.',
    ],
    [
      residual(['relu'], [{ type: 'conv2d', filters: 2, kernel: 2 }]),
      'encoder.2-residual: its layers make [N, 2, 8, 8] of [N, 2, 8, 8], which cannot be added to [N, 2, 7, 7].',
    ],
    [
      residual([{ type: 'dense', units: 3 }]),
      'encoder.2-residual.0-dense: its input is [N, 2, 8, 8], but it needs 2 axes.',
    ],
    [
      residual(['relu'], [residual([{ type: 'conv2d', filters: 2, kernel: 9 }])]),
      'encoder.2-residual.shortcut.0-residual.0-conv2d: Conv: a 9×9 window leaves nothing of [N, 2, 8, 8].',
    ],
    [
      residual(['relu'], ['flatten', residual([{ type: 'dense', units: 3 }])]),
      'shortcut.1-residual: its layers make [N, 3] of [N, 128], which cannot be added to [N, 128]. Give it a "shortcut" that makes the same shape, such as [{ "type": "dense", "units": 3 }], or layers that keep the shape.',
    ],
  ])('%j is refused where it does not fit, by its place', (spec, message) => {
    expect(() => use(spec, [2, 8, 8])).toThrow(
      expect.objectContaining({ code: 'bad-shape', message: expect.stringContaining(message) }),
    );
  });
});
