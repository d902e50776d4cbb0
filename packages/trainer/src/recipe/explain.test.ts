import { describe, expect, it } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import { parseRecipe } from './recipe.js';

const refused = (changes: object): string => {
  try {
    parseRecipe({ ...tinyRecipe(), ...changes }, 'mine');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('a key that belongs to another choice', () => {
  it('is said to, with the choices that have it', () => {
    expect(refused({ objective: { type: 'elbo', beta: 4 } })).toBe(
      'mine: "objective.beta" is not a key of "elbo"; it is one of "betaVae", "betaTcVae". Known here: type, kl.',
    );
    expect(refused({ optimizer: { type: 'sgd', learningRate: 1, beta1: 0.9 } })).toBe(
      'mine: "optimizer.beta1" is not a key of "sgd"; it is one of "adam", "adamW". Known here: type, momentum, learningRate, clipNorm.',
    );
  });

  it('is found in layers and schedules too', () => {
    const encoder = ['flatten', { type: 'dense', units: 3, kernel: 3 }];
    expect(refused({ model: { ...tinyRecipe().model, encoder } })).toBe(
      'mine: "model.encoder.1.kernel" is not a key of "dense"; it is one of "conv2d", "conv2dTranspose". Known here: type, units, bias, init.',
    );
    const learningRate = { type: 'linear', from: 1, to: 0, steps: 3, warmup: 3 };
    expect(refused({ optimizer: { type: 'sgd', learningRate } })).toContain(
      '"optimizer.learningRate.warmup" is not a key of "linear"; it is one of "cosine".',
    );
  });

  it('is no longer looked for where no choice has it', () => {
    expect(refused({ objective: { type: 'elbo', gama: 4 } })).toBe(
      'mine: "objective.gama" is not a known key. Known: type, kl.',
    );
  });
});

describe('layers in layers', () => {
  const encoder = (layer: unknown) => refused({ model: { ...tinyRecipe().model, encoder: [layer] } });
  const residual = (...layers: unknown[]) => ({ type: 'residual', layers });
  const nested = (levels: number): unknown => (levels === 0 ? 'relu' : residual(nested(levels - 1)));

  it.each([
    [residual(), '"model.encoder.0.layers" is []: expected a list of 1 at least.'],
    ['residual', '"model.encoder.0.layers" is missing.'],
    [
      { ...residual('relu'), shortcut: [] },
      '"model.encoder.0.shortcut" is []: expected a list of 1 at least.',
    ],
    [
      residual('relu', { type: 'dense', units: 3, unit: 3 }),
      '"model.encoder.0.layers.1.unit" is not a known key. Did you mean "units"? Known: type, units, bias, init.',
    ],
    [
      residual(residual({ type: 'conv2d', filters: 1, kernel: 1.5 })),
      '"model.encoder.0.layers.0.layers.0.kernel" is 1.5: expected a whole number.',
    ],
    [
      residual({ type: 'groupNorm', groups: 2, filters: 3 }),
      '"model.encoder.0.layers.0.filters" is not a key of "groupNorm"; it is one of "conv2d", "conv2dTranspose". Known here: type, groups, epsilon.',
    ],
  ])('are checked as layers are: %j', (layer, message) => {
    expect(encoder(layer)).toBe(`mine: ${message}`);
  });

  it('may be a few levels deep, and not thousands', () => {
    expect(() =>
      tinyRecipe({ model: { ...tinyRecipe().model, encoder: [nested(20) as never] } }),
    ).not.toThrow();
    const message =
      'mine: is nested too deeply, expected at most 64 levels. Take layers out of the layers they are in.';
    for (const levels of [40, 1000]) expect(encoder(nested(levels))).toBe(message);
  });
});

describe('a list of numbers', () => {
  const conv = (options: object) =>
    refused({
      model: { ...tinyRecipe().model, encoder: [{ type: 'conv2d', filters: 1, kernel: 3, ...options }] },
    });

  it.each([
    ['kernel', [3, 3, 9], 'a number, or [height, width]'],
    ['kernel', [3], 'a number, or [height, width]'],
    ['stride', [1, 1, 1], 'a number, or [height, width]'],
    ['padding', [1, 1], '"same", "valid", a number, or [top, left, bottom, right]'],
    ['padding', [1, 1, 1, 1, 1], '"same", "valid", a number, or [top, left, bottom, right]'],
    ['padding', 'full', '"same", "valid", a number, or [top, left, bottom, right]'],
  ])('of another length is refused with the lengths there are: %s %j', (key, value, expected) => {
    expect(conv({ [key]: value })).toBe(
      `mine: "model.encoder.0.${key}" is ${JSON.stringify(value)}: expected ${expected}.`,
    );
  });

  it('has its numbers checked', () => {
    expect(conv({ kernel: 1.5 })).toBe('mine: "model.encoder.0.kernel" is 1.5: expected a whole number.');
    expect(conv({ kernel: [3, 0] })).toBe('mine: "model.encoder.0.kernel.1" is 0: expected >=1.');
  });
});
