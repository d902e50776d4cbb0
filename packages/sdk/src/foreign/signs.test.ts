import { describe, expect, it } from 'vitest';
import { scanModel } from '../onnx/scan.js';
import { type Bytes, graph, model, node, value } from '../onnx/testing/protobuf.js';
import { signsOf } from './signs.js';
import { dense } from './testing/graphs.js';

const signs = (nodes: readonly Bytes[]) =>
  signsOf(scanModel(model(graph({ nodes, inputs: [value('x', ['N', 2])] })), 'm.onnx'));

/** Whether 'y' may be negative, where 'h' is a dense layer and 's' a standard deviation. */
const mayBeNegative = (...nodes: readonly Bytes[]) =>
  signs([...dense('x', 'h'), node('Exp', ['h'], ['s']), ...nodes]).either.has('y');

describe('numbers of either sign', () => {
  // The exporters' own ways of writing a log-variance: with a bias, limited, of another shape, a half, quantized.
  it.each<[string, readonly Bytes[]]>([
    ['a dense layer', dense('h', 'y')],
    ['a product and a bias', [node('MatMul', ['h', 'w'], ['p']), node('Add', ['bias', 'p'], ['y'])]],
    ['a convolution that is averaged', [node('Conv', ['x'], ['c']), node('ReduceMean', ['c'], ['y'])]],
    ['limits', [node('Clip', ['h', 'low', 'high'], ['y'])]],
    ['limits as two operators', [node('Max', ['h', 'low'], ['m']), node('Min', ['m', 'high'], ['y'])]],
    [
      'another shape, by a constant',
      [node('Constant', [], ['shape']), node('Reshape', ['h', 'shape'], ['y'])],
    ],
    ['another shape, by the input', [node('Shape', ['x'], ['n']), node('Reshape', ['h', 'n'], ['y'])]],
    ['a half', [node('Relu', ['h'], ['r']), node('Split', ['r'], ['', 'y'])]],
    ['twice the logarithm of a deviation', [node('Mul', ['h', 'two'], ['y'])]],
    ['a limit by a tanh', [node('Tanh', ['h'], ['t']), node('Mul', ['four', 't'], ['y'])]],
    ['a sum of two layers', [...dense('h', 'k'), node('Add', ['h', 'k'], ['y'])]],
    ['a layer that is scaled by what it reads', [node('Mul', ['h', 's'], ['y'])]],
  ])('come out of %s', (_, nodes) => {
    expect(mayBeNegative(...nodes)).toBe(true);
  });

  it.each<[string, readonly Bytes[]]>([
    ['an exponential', [node('Identity', ['s'], ['y'])]],
    ['one of another shape', [node('Reshape', ['s', 'shape'], ['y'])]],
    ['one with a limit', [node('Clip', ['s', 'low'], ['y'])]],
    ['a softplus and a small number', [node('Softplus', ['h'], ['p']), node('Add', ['p', 'small'], ['y'])]],
    [
      'a softplus that is left out where it is large',
      [node('Greater', ['h', 'c'], ['b']), node('Where', ['b', 'h', 's'], ['y'])],
    ],
    [
      'a softplus in parts',
      [node('Max', ['h', 'zero'], ['m']), node('Log', ['s'], ['l']), node('Add', ['m', 'l'], ['y'])],
    ],
    ['an elu and one', [node('Elu', ['h'], ['e']), node('Add', ['e', 'one'], ['y'])]],
    ['a sigmoid that is scaled', [node('Sigmoid', ['h'], ['g']), node('Mul', ['g', 'two'], ['y'])]],
    ['a square', [node('Mul', ['h', 'h'], ['y'])]],
    ['a quotient of two', [node('Div', ['one', 's'], ['y'])]],
    ['an operator of another domain', [node('Gemm', ['h'], ['y'], { domain: 'own' })]],
    ['nothing at all', []],
    ['itself', [node('Identity', ['y'], ['y'])]],
  ])('do not come out of %s', (_, nodes) => {
    expect(mayBeNegative(...nodes)).toBe(false);
  });

  it('are not carried along by inputs and outputs that are left out', () => {
    expect(mayBeNegative(node('Split', ['h'], ['k', '']), node('Clip', ['', ''], ['y']))).toBe(false);
  });
});

it.each<[string, boolean, readonly Bytes[]]>([
  ['a mean and a deviation', true, [node('Concat', ['h', 's'], ['y'])]],
  [
    'the same in another shape',
    true,
    [node('Concat', ['h', 's'], ['c']), node('Reshape', ['c', 'n'], ['y'])],
  ],
  ['a mean and a log-variance', false, [...dense('x', 'l'), node('Concat', ['h', 'l'], ['y'])]],
  ['a mean within limits and a log-variance', false, [node('Concat', ['s', 'h'], ['y'])]],
  ['a layer and a constant', false, [node('Concat', ['h', 'c'], ['y'])]],
  ['a layer alone', false, [node('Concat', ['h'], ['y'])]],
])('knows what is of either sign in its first part only: of %s %j', (_, uneven, nodes) => {
  const all = [...dense('x', 'h'), node('Exp', ['h'], ['s']), ...nodes];
  expect(signs(all).uneven.has('y')).toBe(uneven);
});

it('knows what comes out of a tanh, and that scaled it does no longer', () => {
  const { tanh } = signs([
    node('Tanh', ['x'], ['t']),
    node('Transpose', ['t'], ['turned']),
    node('Mul', ['t', 'half'], ['half']),
  ]);
  expect(['x', 't', 'turned', 'half'].map((name) => tanh.has(name))).toEqual([false, true, true, false]);
});
