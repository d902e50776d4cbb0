import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { graphOf, halfNames, weightsOf } from '../export/halves.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import { parseRecipe } from '../recipe/recipe.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';
import { runOnnx } from '../testing/run-onnx.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './model.js';
import { simplify } from './simplify.js';
import { writeOnnx } from './writer.js';

/** Both halves of a model whose biases are not 0. */
function loweredHalves(programs: Programs): OnnxModel[] {
  const state = Object.fromEntries(
    Object.entries(initialState(programs, 1)).map(([name, { data, shape }]) => {
      const noise = normal({ seed: 1, stream: name }, data.length);
      return [name, { shape, data: data.map((value, i) => value + 0.05 * noise[i]) }];
    }),
  );
  return halfNames.map((half) => {
    const graph = graphOf(programs, half);
    return lower(graph, exportTarget, { weights: weightsOf(graph, state) });
  });
}

/** Largest difference of any output at batch 1 and 3, relative to max(1, largest output). */
async function differenceOf(one: OnnxModel, other: OnnxModel): Promise<number> {
  const feeds = [1, 3].map((count) => {
    const fed = one.inputs.map(({ name, dims }) => {
      const shape = [count, ...(dims.slice(1) as number[])];
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, { shape, data: uniform({ seed: 2, stream: name, index: count }, size) }];
    });
    return Object.fromEntries(fed);
  });
  const [found, expected] = [
    await runOnnx(writeOnnx(one), ...feeds),
    await runOnnx(writeOnnx(other), ...feeds),
  ];
  const differences = expected.flatMap((outputs, run) =>
    Object.entries(outputs).map(([output, { data, shape }]) => {
      expect(found[run][output].shape).toEqual(shape);
      const scale = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      return data.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - found[run][output].data[i]) / scale),
        0,
      );
    }),
  );
  return Math.max(...differences);
}

const opsOf = ({ nodes }: OnnxModel): string[] => nodes.map(({ op }) => op);

const models = join(import.meta.dirname, '../../../../models');
const recipes = readdirSync(models)
  .filter((name) => existsSync(join(models, name, 'recipe.json')))
  .map((name) => {
    const path = join(models, name, 'recipe.json');
    const recipe = parseRecipe(JSON.parse(readFileSync(path, 'utf8')), path);
    const shape = name === 'seed-beta-64' ? [3, 64, 64] : [1, 28, 28];
    return { name, programs: buildPrograms(recipe, shape, 10) };
  });
const all = [
  ...recipes,
  { name: 'every layer', programs: buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE) },
];

describe.each(all)('the simplified graphs of $name', ({ programs }) => {
  const before = loweredHalves(programs);
  const after = before.map(simplify);

  it('compute the same', async () => {
    for (const [i, model] of after.entries()) expect(await differenceOf(model, before[i])).toBeLessThan(1e-6);
  });

  it('have a bias inside every product, and nothing that could be left out', () => {
    for (const [i, model] of after.entries()) {
      const products = model.nodes.filter(({ op }) => /^(Conv|Gemm|MatMul)/.test(op));
      const biases = before[i].initializers.filter(({ name }) => name.endsWith('.bias'));
      expect(products.filter(({ inputs }) => inputs.length === 3).length).toBe(biases.length);
      const wrote = new Set(model.nodes.flatMap(({ outputs }) => outputs));
      // A node without any computed or fed input would be a constant.
      const fed = new Set([...wrote, ...model.inputs.map(({ name }) => name)]);
      expect(model.nodes.filter(({ inputs }) => !inputs.some((name) => fed.has(name)))).toEqual([]);
      expect(opsOf(model)).not.toContain('Identity');
      const read = new Set(model.nodes.flatMap(({ inputs }) => inputs));
      expect(model.initializers.filter(({ name }) => !read.has(name))).toEqual([]);
    }
  });

  it('keep the names of the weights', () => {
    const names = (halves: OnnxModel[]) =>
      halves
        .flatMap(({ initializers }) => initializers.map(({ name }) => name))
        .filter((name) => /\.(weight|bias)$/.test(name));
    expect(names(after)).toEqual(names(before));
  });
});

const floats = (name: string, ...dims: number[]): OnnxTensor => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { name, type: 'float32', dims, data: normal({ seed: 4, stream: name }, size) };
};
const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
const modelOf = (
  nodes: OnnxNode[],
  initializers: OnnxTensor[],
  dims: number[][],
  outputs = ['y'],
): OnnxModel => ({
  name: 'g',
  doc: '',
  inputs: [{ name: 'x', dims: ['N', ...dims[0]] }],
  outputs: outputs.map((name, i) => ({ name, dims: ['N', ...dims[i + 1]] })),
  nodes,
  initializers,
});

describe('a bias', () => {
  const w = floats('w', 3, 2);
  const b = floats('b', 2);
  const product = node('MatMul', ['x', 'w'], 'xw');

  it.each<[string, OnnxModel, string[]]>([
    ['behind a product', modelOf([product, node('Add', ['xw', 'b'], 'y')], [w, b], [[3], [2]]), ['Gemm']],
    ['before a product', modelOf([product, node('Add', ['b', 'xw'], 'y')], [w, b], [[3], [2]]), ['Gemm']],
    [
      'of a transposed product',
      modelOf(
        [node('Gemm', ['x', 'w'], 'xw', { transB: 1 }), node('Add', ['xw', 'b'], 'y')],
        [floats('w', 2, 3), b],
        [[3], [2]],
      ),
      ['Gemm'],
    ],
    [
      'of a product that is an output too stays outside',
      modelOf([product, node('Add', ['xw', 'b'], 'y')], [w, b], [[3], [2], [2]], ['y', 'xw']),
      ['MatMul', 'Add'],
    ],
    [
      'of a product that is used twice stays outside',
      modelOf(
        [product, node('Add', ['xw', 'b'], 'sum'), node('Mul', ['xw', 'sum'], 'y')],
        [w, b],
        [[3], [2]],
      ),
      ['MatMul', 'Add', 'Mul'],
    ],
    [
      'of another length stays outside',
      modelOf([product, node('Add', ['xw', 'b'], 'y')], [w, floats('b', 1)], [[3], [2]]),
      ['MatMul', 'Add'],
    ],
    [
      'along the width of a convolution stays outside',
      modelOf(
        [node('Conv', ['x', 'w'], 'xw'), node('Add', ['xw', 'b'], 'y')],
        [floats('w', 2, 1, 1, 1), b],
        [
          [1, 2, 2],
          [2, 2, 2],
        ],
      ),
      ['Conv', 'Add'],
    ],
  ])('%s', async (_, model, ops) => {
    const simple = simplify(model);
    expect(opsOf(simple)).toEqual(ops);
    expect(await differenceOf(simple, model)).toBeLessThan(1e-6);
  });
});

describe('slices of a product', () => {
  const ints = (name: string, value: number): OnnxTensor => ({
    name,
    type: 'int64',
    dims: [1],
    data: [value],
  });
  const numbers = [0, 1, 2, 3, 4].map((value) => ints(`i${value}`, value));
  const cut = (from: number, to: number, output: string) =>
    node('Slice', ['xw', `i${from}`, `i${to}`, 'i1', 'i1'], output);
  const withCuts = (...cuts: OnnxNode[]) =>
    modelOf(
      [node('Gemm', ['x', 'w'], 'xw'), ...cuts],
      [floats('w', 3, 4), ...numbers],
      [[3], [2], [2]],
      ['y', 'z'],
    );

  it('become one Split where they are equal parts of it, in whatever order', async () => {
    const model = withCuts(cut(2, 4, 'z'), cut(0, 2, 'y'));
    const simple = simplify(model);
    expect(opsOf(simple)).toEqual(['Gemm', 'Split']);
    expect(simple.nodes[1].outputs).toEqual(['y', 'z']);
    expect(simple.initializers.map(({ name }) => name)).toEqual(['w']);
    expect(await differenceOf(simple, model)).toBe(0);
  });

  it.each([
    ['overlap', cut(0, 2, 'y'), cut(1, 3, 'z')],
    ['leave something out', cut(0, 1, 'y'), cut(1, 2, 'z')],
    ['are unequal', cut(0, 1, 'y'), cut(1, 4, 'z')],
  ])('stay where they %s', (_, ...cuts) => {
    expect(opsOf(simplify(withCuts(...cuts)))).toEqual(['Gemm', 'Slice', 'Slice']);
  });
});
