import { describe, expect, it } from 'vitest';
import { TrainerError } from '../errors.js';
import { parseRecipe } from './recipe.js';

const good = () => ({
  name: 'mine',
  data: { source: 'digits' } as Record<string, unknown>,
  model: {
    latent: 2,
    encoder: ['flatten', { type: 'dense', units: 4 }, 'relu'] as unknown[],
    decoder: [{ type: 'dense', units: 'data' }] as unknown[],
  } as Record<string, unknown>,
  optimizer: { type: 'adam', learningRate: 0.001 } as Record<string, unknown>,
  batch: 8,
  epochs: 1,
});

/** Message for the good recipe after one change. */
function refused(change: (recipe: ReturnType<typeof good> & Record<string, unknown>) => void): string {
  const recipe = good();
  change(recipe);
  try {
    parseRecipe(recipe, 'mine.json');
  } catch (error) {
    expect(error).toBeInstanceOf(TrainerError);
    expect(error).toMatchObject({ code: 'bad-recipe' });
    const { message } = error as Error;
    expect(message.startsWith('mine.json: ')).toBe(true);
    expect(message).not.toContain('\n');
    return message.slice('mine.json: '.length);
  }
  throw new Error('the recipe was taken');
}

describe('a recipe', () => {
  it('gets what it leaves out', () => {
    expect(parseRecipe(good(), 'mine.json')).toEqual({
      name: 'mine',
      data: { source: 'digits', binarize: false, validation: 0 },
      model: {
        latent: 2,
        heads: 'joint',
        init: 'glorotUniform',
        encoder: [{ type: 'flatten' }, { type: 'dense', units: 4, bias: true }, { type: 'relu' }],
        decoder: [{ type: 'dense', units: 'data', bias: true }],
      },
      likelihood: { type: 'bernoulli' },
      objective: { type: 'elbo', kl: 'closedForm' },
      optimizer: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      batch: 8,
      epochs: 1,
      seed: 0,
    });
  });

  it('that was filled in is a recipe, and the same one', () => {
    const filled = parseRecipe(
      { ...good(), objective: 'betaVaeCapacity', likelihood: { type: 'gaussian', variance: 'learned' } },
      'a',
    );
    expect(parseRecipe(JSON.parse(JSON.stringify(filled)), 'b')).toEqual(filled);
    expect(filled.objective).toEqual({
      type: 'betaVaeCapacity',
      gamma: 1000,
      capacity: { type: 'linear', from: 0, to: 25, steps: 100_000 },
      kl: 'closedForm',
    });
  });

  it.each([
    [
      {
        optimizer: {
          type: 'sgd',
          learningRate: { type: 'cosine', from: 0.1, steps: 10 },
          momentum: 0.9,
          clipNorm: 1,
        },
      },
    ],
    [{ objective: { type: 'betaVae', beta: { type: 'linear', from: 0, to: 4, steps: 10 } } }],
    [{ data: { source: 'digits:64x64x3', binarize: 'dynamic', validation: 0.1 } }],
    [{ data: { source: 'mnist', binarize: 0.5, validation: 5000 } }],
    [{ $schema: 'https://example.org/schema.json', description: 'words' }],
  ])('may hold %j', (changes) => {
    expect(() => parseRecipe({ ...good(), ...changes }, 'mine.json')).not.toThrow();
  });
});

describe('an unknown key', () => {
  it('is named with its place and the nearest known one', () => {
    expect(refused((recipe) => void Object.assign(recipe, { epoch: 3 }))).toBe(
      '"epoch" is not a known key. Did you mean "epochs"? Known: $schema, name, description, data, model, likelihood, objective, optimizer, ema, patience, batch, accumulate, precision, epochs, steps, seed.',
    );
    expect(refused(({ data }) => void Object.assign(data, { binarise: 0.5 }))).toBe(
      '"data.binarise" is not a known key. Did you mean "binarize"? Known: source, binarize, validation.',
    );
  });

  it('is told where it belongs, if it is one of another part', () => {
    expect(refused((recipe) => void Object.assign(recipe, { conditional: true }))).toBe(
      '"conditional" is not a known key here; it belongs into "model".',
    );
    expect(refused(({ model }) => void Object.assign(model, { binarize: 0.5 }))).toBe(
      '"model.binarize" is not a known key here; it belongs into "data".',
    );
  });

  it('is found inside layers, the optimiser, the objective and schedules', () => {
    expect(
      refused(
        ({ model }) =>
          void Object.assign(model, { encoder: ['flatten', { type: 'dense', unit: 3, units: 3 }] }),
      ),
    ).toBe(
      '"model.encoder.1.unit" is not a known key. Did you mean "units"? Known: type, units, bias, init.',
    );
    expect(refused(({ optimizer }) => void Object.assign(optimizer, { momentun: 0.9 }))).toBe(
      '"optimizer.momentun" is not a known key. Known: type, beta1, beta2, epsilon, learningRate, clipNorm.',
    );
    expect(
      refused((recipe) => void Object.assign(recipe, { objective: { type: 'betaVae', betta: 2 } })),
    ).toBe('"objective.betta" is not a known key. Did you mean "beta"? Known: type, beta, kl.');
    expect(
      refused(({ optimizer }) => {
        optimizer.learningRate = { type: 'linear', from: 1, to: 0, steps: 3, stepz: 3 };
      }),
    ).toBe(
      '"optimizer.learningRate.stepz" is not a known key. Did you mean "steps"? Known: type, from, to, steps.',
    );
  });

  it('by the name of something built in is no exception', () => {
    const recipe = JSON.parse(JSON.stringify(good()).replace('"batch"', '"constructor":1,"batch"'));
    expect(() => parseRecipe(recipe, 'x')).toThrow('"constructor" is not a known key.');
  });
});

describe('an unknown name', () => {
  it('of a layer, optimiser, objective, likelihood or schedule gets the nearest known one', () => {
    const layer = refused(({ model }) => void Object.assign(model, { encoder: ['flaten'] }));
    expect(layer).toContain('"flaten"');
    expect(layer).toContain('Did you mean "flatten"? Known: dense, conv2d, conv2dTranspose,');
    expect(refused(({ optimizer }) => void Object.assign(optimizer, { type: 'adamm' }))).toBe(
      '"optimizer.type" is "adamm", which is not known. Did you mean "adam"? Known: sgd, adam, adamW.',
    );
    expect(refused((recipe) => void Object.assign(recipe, { objective: 'beta-vae' }))).toContain(
      'Did you mean "betaVae"?',
    );
    expect(refused((recipe) => void Object.assign(recipe, { likelihood: 'gausian' }))).toContain(
      'Did you mean "gaussian"?',
    );
    expect(
      refused(({ optimizer }) => {
        optimizer.learningRate = { type: 'lineal', from: 1, to: 0, steps: 3 };
      }),
    ).toContain('Did you mean "linear"?');
  });
});

describe('a wrong or missing value', () => {
  it('is named with what was expected and what came', () => {
    expect(refused((recipe) => void Object.assign(recipe, { batch: '8' }))).toBe(
      '"batch" is "8": expected number.',
    );
    expect(refused((recipe) => void Object.assign(recipe, { batch: 2.5 }))).toBe(
      '"batch" is 2.5: expected a whole number.',
    );
    expect(refused((recipe) => void Object.assign(recipe, { epochs: 0 }))).toBe(
      '"epochs" is 0: expected >=1.',
    );
    expect(refused(({ optimizer }) => void Object.assign(optimizer, { learningRate: -1 }))).toBe(
      '"optimizer.learningRate" is -1: expected >0.',
    );
    const optimizing = (options: object) =>
      refused(({ optimizer }) => void Object.assign(optimizer, options));
    for (const learningRate of ['1e-3', true])
      expect(optimizing({ learningRate })).toBe(
        `"optimizer.learningRate" is ${JSON.stringify(learningRate)}: expected a number, or a schedule: an object with a "type".`,
      );
    expect(refused(({ model }) => void Object.assign(model, { heads: 'both' }))).toBe(
      '"model.heads" is "both", which does not fit: expected "joint" | "separate".',
    );
    expect(refused((recipe) => void Object.assign(recipe, { name: 'My model' }))).toContain(
      'small letters, digits and dashes',
    );
  });

  it.each([
    ['optimizer', { type: 'adam', learningRate: Number.NaN }, 'learningRate', 'NaN'],
    ['model', { ...good().model, latent: Number.POSITIVE_INFINITY }, 'latent', 'Infinity'],
    ['data', { source: 'digits', binarize: Number.NEGATIVE_INFINITY }, 'binarize', '-Infinity'],
  ])('%s %j is no number: its key says so', (key, value, inner, came) => {
    expect(refused((recipe) => void Object.assign(recipe, { [key]: value }))).toBe(
      `"${key}.${inner}" is ${came}: expected a finite number.`,
    );
  });

  it('names the place of one in a list', () => {
    const encoder = ['flatten', { type: 'dense', units: Number.NaN }];
    expect(refused(({ model }) => void Object.assign(model, { encoder }))).toBe(
      '"model.encoder.1.units" is NaN: expected a finite number.',
    );
  });

  // 2^-126 and (2 - 2^-23)·2^127, the smallest normal and the largest finite float32 (IEEE 754)
  it.each([
    [
      { optimizer: { type: 'sgd', learningRate: 1e-46 } },
      '"optimizer.learningRate" is 1e-46: expected >=1.17549',
    ],
    [
      { optimizer: { type: 'sgd', learningRate: 1, clipNorm: 1e-50 } },
      '"optimizer.clipNorm" is 1e-50: expected >=',
    ],
    [
      { optimizer: { type: 'sgd', learningRate: 4e38 } },
      '"optimizer.learningRate" is 4e+38: expected <=3.40282',
    ],
    [
      { optimizer: { type: 'adamW', learningRate: 1, weightDecay: 1e39 } },
      '"optimizer.weightDecay" is 1e+39: expected <=3.40282',
    ],
    [{ objective: { type: 'betaVae', beta: 1e39 } }, '"objective.beta" is 1e+39: expected <=3.40282'],
    [
      { objective: { type: 'betaVaeCapacity', gamma: 1e39 } },
      '"objective.gamma" is 1e+39: expected <=3.40282',
    ],
    [
      { objective: { type: 'betaVae', beta: { type: 'linear', from: 0, to: 1e39, steps: 9 } } },
      '"objective.beta"',
    ],
  ])('that float32 does not hold is refused: %j', (changes, text) => {
    expect(refused((recipe) => void Object.assign(recipe, changes))).toContain(text);
  });

  it.each([
    [{ optimizer: { type: 'sgd', learningRate: 2 ** -126, clipNorm: 3.4028234663852886e38 } }],
    [{ objective: { type: 'betaVae', beta: 0 } }],
  ])('that it just holds is taken: %j', (changes) => {
    expect(() => parseRecipe({ ...good(), ...changes }, 'mine.json')).not.toThrow();
  });

  it.each([
    ['a list', []],
    ['nothing', null],
    ['a text', 'seed-cvae'],
    ['undefined', undefined],
  ])('%s is no recipe', (_, value) => {
    expect(() => parseRecipe(value, 'mine.json')).toThrow(/^mine\.json: .+/);
  });

  it('a function is said to be one', () => {
    expect(() => parseRecipe(good, 'mine.js')).toThrow(
      'mine.js: is a function, expected the recipe that it makes.',
    );
  });

  it('that is missing is named', () => {
    expect(refused((recipe) => void Reflect.deleteProperty(recipe, 'batch'))).toBe('"batch" is missing.');
    expect(refused(({ model }) => void Reflect.deleteProperty(model, 'encoder'))).toBe(
      '"model.encoder" is missing.',
    );
    expect(refused(({ optimizer }) => void Reflect.deleteProperty(optimizer, 'learningRate'))).toBe(
      '"optimizer.learningRate" is missing.',
    );
    expect(refused(({ model }) => void Object.assign(model, { encoder: [{ type: 'dense' }] }))).toBe(
      '"model.encoder.0.units" is missing.',
    );
    expect(refused(({ model }) => void Object.assign(model, { encoder: [{ units: 3 }] }))).toContain(
      '"model.encoder.0.type"',
    );
  });

  it.each([
    ['binarize', 1],
    ['binarize', 'yes'],
    ['validation', -1],
    ['validation', 1.5],
  ])('data.%s of %j is refused', (key, value) => {
    expect(refused(({ data }) => void Object.assign(data, { [key]: value }))).toContain(
      `"data.${key}" is ${JSON.stringify(value)}${
        key === 'validation' ? ': expected a whole number of samples, or a share from 0 to below 1.' : ''
      }`,
    );
  });
});

describe('the epsilon of adam', () => {
  // √(2⁻¹²⁶ / (1 − 0.999)) = 3.4e-18: squares of smaller gradients are 0.
  it.each(['adam', 'adamW'])('is not so small that float32 loses the squares beside it: %s', (type) => {
    const withEpsilon = (epsilon: number) => ({
      ...good(),
      optimizer: { type, learningRate: 0.001, epsilon },
    });
    expect(() => parseRecipe(withEpsilon(1e-18), 'x')).not.toThrow();
    expect(() => parseRecipe(withEpsilon(9e-19), 'x')).toThrow(
      'x: "optimizer.epsilon" is 9e-19: expected >=1e-18.',
    );
  });
});

describe('the length', () => {
  it('is epochs, steps or both', () => {
    const { epochs, ...rest } = good();
    expect(parseRecipe({ ...rest, steps: 7 }, 'x')).toMatchObject({ steps: 7 });
    expect(parseRecipe({ ...rest, steps: 7, epochs }, 'x')).toMatchObject({ steps: 7, epochs });
    expect(() => parseRecipe(rest, 'mine.json')).toThrow(
      'mine.json: says nowhere how long to train. Add "epochs", passes over the data, or "steps", updates in all.',
    );
  });
});
