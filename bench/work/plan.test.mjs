import { fileURLToPath } from 'node:url';
import { buildPrograms, datasetShape, loadRecipe, parseRecipe } from '@vae/trainer';
import { describe, expect, it } from 'vitest';
import { flopsOf } from './flops.mjs';
import { everyLayer, isConvolutional, planOf, requireTypes } from './plan.mjs';

const names = [
  'seed-cvae',
  'seed-wiseodd',
  'seed-mlp',
  'seed-beta',
  'seed-beta-64',
  'seed-keras',
  'seed-dropout',
  fileURLToPath(new URL('../recipes/residual-32.json', import.meta.url)),
];

const both = async (name) => {
  const recipe = await loadRecipe(name);
  const shape = datasetShape(recipe.data.source);
  return { plan: planOf(recipe, shape), programs: buildPrograms(recipe, shape) };
};

const product = (numbers) => numbers.reduce((total, number) => total * number, 1);

/** Twice the multiplications of one sample, from the plan alone. */
const flopsOfLayers = (layers) =>
  everyLayer(layers).reduce((total, layer) => {
    if (layer.type === 'dense') return total + 2 * layer.inputs * layer.units;
    if (!layer.type.startsWith('conv2d')) return total;
    const places = product(layer.type === 'conv2d' ? layer.extents : layer.size);
    return total + 2 * places * layer.channels * layer.filters * product(layer.kernel);
  }, 0);

describe.each(names)('the plan of %s', (name) => {
  it('has as many parameters as the recipe', async () => {
    const { plan, programs } = await both(name);
    const counted = [...programs.parameters.values()].map(({ shape }) => product(shape));
    expect(plan.parameters).toBe(counted.reduce((a, b) => a + b));
  });

  it('does the products that the recipe does', async () => {
    const { plan, programs } = await both(name);
    expect(flopsOfLayers([...plan.encoder, ...plan.heads])).toBe(flopsOf(programs.encode.graph, 1));
    expect(flopsOfLayers(plan.decoder)).toBe(flopsOf(programs.decode.graph, 1));
  });
});

describe('a plan', () => {
  it('has what a residual holds, which a peer without such layers refuses', async () => {
    const { plan } = await both(names.at(-1));
    const types = new Set(everyLayer([...plan.encoder, ...plan.decoder]).map(({ type }) => type));
    expect(types).toContain('groupNorm');
    expect(() => requireTypes(plan, [...types])).not.toThrow();
    expect(() => requireTypes(plan, ['conv2d'])).toThrow('this peer has no layer "residual"');
  });

  it('has 992,204 parameters for seed-mlp and no convolution', async () => {
    const { plan } = await both('seed-mlp');
    // 784·500 + 500 + 500·200 + 200 + 2·(200·10 + 10), and back 10·200 + 200 + 200·500 + 500 + 500·784 + 784
    expect(plan.parameters).toBe(992_204);
    expect(isConvolutional(plan)).toBe(false);
  });

  it('says how frameworks without our pads get the same extents', async () => {
    const { plan } = await both('seed-cvae');
    const up = plan.decoder.filter(({ type }) => type === 'conv2dTranspose');
    expect(up.map(({ size, extents }) => [size[0], extents[0]])).toEqual([
      [7, 14],
      [14, 28],
      [28, 28],
    ]);
    // (7 − 1)·2 + 3 − 2·0 is 15, one too many: PyTorch needs padding 1 and one row more.
    expect(up[0]).toMatchObject({
      pads: [0, 0, 1, 1],
      symmetric: { padding: [1, 1], outputPadding: [1, 1] },
      same: true,
    });
    expect(isConvolutional(plan)).toBe(true);
  });

  it('has every activation', async () => {
    const recipe = await loadRecipe('seed-cvae');
    for (const name of ['relu', 'elu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus']) {
      const decoder = [...recipe.model.decoder, name];
      const plan = planOf(
        parseRecipe({ ...recipe, model: { ...recipe.model, decoder } }, 'test'),
        [1, 28, 28],
      );
      expect(plan.decoder.at(-1)).toEqual({ type: 'activation', name });
    }
  });

  it('refuses what the peers cannot build', async () => {
    const recipe = await loadRecipe('seed-cvae');
    const ae = await loadRecipe('seed-ae');
    expect(() => planOf(ae, [1, 28, 28])).toThrow("seed-ae: the benchmark's peers have");
    const decoder = [...recipe.model.decoder, { type: 'elu', alpha: 0.5 }];
    const strange = parseRecipe({ ...recipe, model: { ...recipe.model, decoder } }, 'test');
    expect(() => planOf(strange, [1, 28, 28])).toThrow('alpha 1 only, got 0.5');
  });
});
