import { describe, expect, it } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import { makeGrid, parseAxis } from './grid.js';

const recipe = tinyRecipe();

describe('a grid', () => {
  it('has every combination, the last axis changing first', () => {
    const cells = makeGrid(recipe, [parseAxis('latent=2,4'), parseAxis('lr=1e-2,0.001')]);
    expect(cells.map(({ name }) => name)).toEqual([
      'latent-2_lr-0.01',
      'latent-2_lr-0.001',
      'latent-4_lr-0.01',
      'latent-4_lr-0.001',
    ]);
    expect(cells.map((cell) => [cell.recipe.model.latent, cell.recipe.optimizer.learningRate])).toEqual([
      [2, 0.01],
      [2, 0.001],
      [4, 0.01],
      [4, 0.001],
    ]);
    expect(cells[3].values).toEqual({ latent: 4, lr: 0.001 });
  });

  it('reaches any key of the recipe, words and numbers', () => {
    const [first, second] = makeGrid(recipe, [parseAxis('objective=elbo,autoencoder')]);
    expect([first.recipe.objective.type, second.recipe.objective.type]).toEqual(['elbo', 'autoencoder']);
    const [dynamic] = makeGrid(recipe, [parseAxis('data.binarize=dynamic')]);
    expect(dynamic.recipe.data).toEqual({ ...recipe.data, binarize: 'dynamic' });
  });

  it('gives every cell a name of its own', () => {
    const namesOf = (text: string) => makeGrid(recipe, [parseAxis(text)]).map(({ name }) => name);
    expect(namesOf('data.source=csv:猫.csv,csv:犬.csv')).toEqual(['source-csv-猫.csv', 'source-csv-犬.csv']);
    // What no folder's name holds, or some systems take for the same.
    for (const values of ['csv:m1/train.csv,csv:m1-train.csv', 'csv:A.csv,csv:a.csv']) {
      const names = namesOf(`data.source=${values}`);
      for (const name of names) expect(name).toMatch(/\.csv-[0-9a-f]{8}$/);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(2);
    }
  });

  it.each([
    ['latent', '--grid "latent" is not KEY=VALUE,VALUE such as latent=2,8,32.'],
    ['latent=2,,4', '--grid "latent=2,,4" is not KEY=VALUE,VALUE such as latent=2,8,32.'],
    ['latent=2,2', '--grid "latent=2,2" has a value twice.'],
    ['lr=1e-3,0.001', '--grid "lr=1e-3,0.001" has a value twice.'],
  ])('refuses %s', (text, message) => {
    expect(() => parseAxis(text)).toThrow(message);
  });

  it.each([
    ['latnt', 'latent'],
    ['lrr', 'lr'],
    ['epoch', 'epochs'],
  ])('names the short words too where "%s" is none', (key, meant) => {
    expect(() => makeGrid(recipe, [parseAxis(`${key}=2`)])).toThrow(
      `--grid: "${key}" is not a known key. Did you mean "${meant}"? Known: latent, lr, beta, name, `,
    );
  });

  it.each([
    [
      ['latent=2', 'latent=4'],
      '--grid: "latent" replaces what "latent" before it sets. Give all values in one --grid.',
    ],
    [
      ['model.latent=2', 'lr=0.1', 'latent=4'],
      '--grid: "latent" replaces what "model.latent" before it sets. Give all values in one --grid.',
    ],
    [
      ['beta=1,4', 'objective=betaVae'],
      '--grid: "objective" replaces what "beta" before it sets. Give "objective" first.',
    ],
  ])('refuses %j, of which the last undoes another', (texts, message) => {
    expect(() => makeGrid(recipe, texts.map(parseAxis))).toThrow(message);
  });

  it('sets a key inside one that was set before it', () => {
    const [cell] = makeGrid(recipe, [parseAxis('objective=betaVae'), parseAxis('beta=4')]);
    expect(cell.recipe.objective).toMatchObject({ type: 'betaVae', beta: 4 });
  });

  it('refuses keys of any object', () => {
    expect(() => makeGrid(recipe, [parseAxis('constructor=2')])).toThrow('"constructor" is not a known key');
  });

  it('refuses keys and values that a recipe does not take', () => {
    expect(() => makeGrid(recipe, [parseAxis('model.latant=2')])).toThrow(
      /the grid, latant-2: "model\.latant" is not a known key\. Did you mean "latent"/,
    );
    expect(() => makeGrid(recipe, [parseAxis('batch=some')])).toThrow(
      /the grid, batch-some: "batch" is "some"/,
    );
  });
});
