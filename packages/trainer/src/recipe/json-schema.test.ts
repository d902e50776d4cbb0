import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { layers } from '../layers/index.js';
import { objectives } from '../objectives/index.js';
import { recipeJsonSchema } from './json-schema.js';
import { shippedRecipes } from './load.js';

const folder = dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json'));
const file = join(folder, 'recipe.schema.json');
const check = new Ajv({ strict: false }).compile(recipeJsonSchema());
const shipped = (name: string) =>
  JSON.parse(readFileSync(join(folder, '..', '..', 'models', name, 'recipe.json'), 'utf8'));
const base = shipped('seed-cvae');
const withEncoder = (layer: unknown) => ({ model: { ...base.model, encoder: [layer] } });
const inResidual = (layer: unknown) => ({ type: 'residual', layers: [layer] });

describe('the JSON Schema of a recipe', () => {
  it('is the file that the package ships; VAE_WRITE_SCHEMA=1 writes it anew', () => {
    const schema = recipeJsonSchema();
    if (process.env.VAE_WRITE_SCHEMA) writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
  });

  it.each(shippedRecipes())('takes the shipped recipe %s', (name) => {
    check(shipped(name));
    expect(check.errors).toBeNull();
  });

  it('knows every layer and objective', () => {
    const text = JSON.stringify(recipeJsonSchema());
    for (const name of [...Object.keys(layers), ...Object.keys(objectives)])
      expect(text).toContain(`"${name}"`);
  });

  it.each<[string, object]>([
    ['a schedule', { optimizer: { type: 'adam', learningRate: { type: 'cosine', from: 0.001, steps: 10 } } }],
    ['steps in place of epochs', { epochs: undefined, steps: 9 }],
    ['layers in layers in layers', withEncoder(inResidual(inResidual('relu')))],
    ['a shortcut', withEncoder({ ...inResidual('relu'), shortcut: ['tanh'] })],
    ['a name alone', { objective: 'elbo', likelihood: 'bernoulli' }],
  ])('takes %s', (_, change) => {
    expect(check({ ...base, ...change })).toBe(true);
  });

  it.each<[string, object]>([
    ['an unknown key', { epoch: 3 }],
    ['an unknown objective', { objective: 'elbow' }],
    ['a layer without what it needs', { model: { ...base.model, encoder: ['conv2d'] } }],
    ['a layer in a layer without what it needs', withEncoder(inResidual('conv2d'))],
    ['a layer that holds none', withEncoder({ type: 'residual', layers: [] })],
    ['a negative rate', { optimizer: { type: 'adam', learningRate: -1 } }],
    ['a word for a number', { batch: 'many' }],
    ['no length', { epochs: undefined }],
  ])('refuses %s', (_, change) => {
    expect(check({ ...base, ...change })).toBe(false);
  });
});
