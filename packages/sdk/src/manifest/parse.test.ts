import { describe, expect, it } from 'vitest';
import { isVaeError } from '../errors.js';
import { mixtureSample } from '../latent/index.js';
import { parseManifest } from './parse.js';

const sha256 = '0123456789abcdef'.repeat(4);

const example = {
  format: 'vae',
  version: 1,
  name: 'mnist-conv',
  license: 'MIT',
  data: { kind: 'image', shape: [1, 28, 28], range: [0, 1], preprocess: { binarize: 0.5 } },
  latent: { kind: 'gaussian', shape: [2] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  files: {
    encoder: { path: 'encoder.onnx', bytes: 114012, sha256 },
    decoder: { path: 'decoder.onnx', bytes: 170401, sha256 },
  },
  prior: { kind: 'standard-normal', mean: [0.02, -0.01], std: [0.98, 1.03], kl: [2.9, 3.1] },
  labels: { classes: ['0', '1'], conditional: false },
  training: {
    recipe: { network: { filters: [32, 64] } },
    dataset: 'mnist',
    seed: 0,
    steps: 18750,
    engine: 'ort',
    device: 'cpu',
    versions: { '@vae/trainer': '0.1.0', 'onnxruntime-node': '1.30.0' },
  },
  metrics: { test: { bound: -156.9, reconstruction: 150.6, kl: 6.3, samples: 10000, standardError: 0.3 } },
};

/** Two Gaussians over the example's two latent dimensions. */
const mixture = {
  weights: [0.25, 0.75],
  mean: [
    [0, 0],
    [10, -5],
  ],
  cholesky: [
    [1, 0, 1],
    [2, 1, 3],
  ],
};

/** The example with the value at a dotted path replaced, or removed when undefined. */
function withValue(path: string, value: unknown): unknown {
  const copy = structuredClone(example);
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce((object, key) => (object as never)[key], copy as unknown) as Record<
    string,
    unknown
  >;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe('parseManifest', () => {
  it('reads the documented example from text and from a value', () => {
    expect(parseManifest(JSON.stringify(example), 'vae.json')).toEqual(example);
    const copy = parseManifest(example, 'vae.json');
    expect(copy).toEqual(example);
    expect(copy.training!.recipe).not.toBe(example.training.recipe);
  });

  it('keeps the names of columns, up to the limits', () => {
    const table = (columns: unknown, size: number) => ({
      ...example,
      data: { kind: 'vector', shape: [size], columns },
    });
    expect(parseManifest(table(['age', 'a, b', 'é'.repeat(200)], 3), 'x').data.columns).toHaveLength(3);
    const most = Array.from({ length: 4096 }, (_, i) => `c${i}`);
    expect(parseManifest(table(most, 4096), 'x').data.columns).toEqual(most);
    expect(parseManifest(example, 'x').data).not.toHaveProperty('columns');
    const limits = 'expected at most 4096 different names of 1 to 200 characters.';
    for (const [columns, size, message] of [
      [['a'], 2, 'data.columns is ["a"], expected one name for each number of an item.'],
      [['a', 'a'], 2, `data.columns is ["a","a"], ${limits}`],
      [['a', ''], 2, `data.columns is ["a",""], ${limits}`],
      [['a', 'x'.repeat(201)], 2, limits],
      [[...most, 'more'], 4097, limits],
      [['a', 3], 2, 'data.columns.1 is 3, expected string.'],
      ['a', 1, 'data.columns is "a", expected Array.'],
    ] as const)
      expect(() => parseManifest(table(columns, size), 'x')).toThrow(message);
  });

  it('keeps a mixture, which is one for sampling', () => {
    const { prior } = parseManifest(withValue('prior.mixture', mixture), 'vae.json');
    expect(prior!.mixture).toEqual(mixture);
    expect(mixtureSample(1, prior!.mixture!, { components: [1], temperature: 0 }).data).toEqual(
      Float32Array.of(10, -5),
    );
  });

  it('keeps what was done to values and pictures', () => {
    const image = { fit: 'cover', window: [148, 148], resized: [32, 32], kernel: 'lanczos3', background: 0 };
    expect(
      parseManifest(withValue('data.preprocess.image', image), 'vae.json').data.preprocess!.image,
    ).toEqual(image);
    const normalize = { offset: new Array(784).fill(1), scale: new Array(784).fill(0), clip: [0, 1] };
    const { data } = parseManifest(withValue('data.preprocess.normalize', normalize), 'vae.json');
    expect(data.preprocess!.normalize).toEqual(normalize);
  });

  it.each([
    [
      'normalize',
      { offset: [1, 2], scale: [1, 2] },
      'expected one offset and one scale in normalize, both float32, for each',
    ],
    ['normalize', { offset: new Array(784).fill(0), scale: [1] }, 'expected one offset and one scale'],
    ['image', { fit: 'cover', kernel: 'area', background: 0, resized: [28, 27] }, 'resized no smaller than'],
    ['image', { fit: 'contain', kernel: 'area', background: 0 }, 'data.preprocess.image.fit is "contain"'],
    ['image', { fit: 'fill', kernel: 'area', background: 256 }, 'expected a byte, 0 to 255'],
  ])('refuses another data.preprocess.%s', (key, value, text) => {
    expect(() => parseManifest(withValue(`data.preprocess.${key}`, value), 'vae.json')).toThrow(text);
  });

  it.each([
    ['license', undefined],
    ['prior', undefined],
    ['training', undefined],
    ['metrics', undefined],
    ['labels', undefined],
    ['data.range', undefined],
    ['files.encoder', undefined],
    ['data.preprocess.binarize', 'dynamic'],
    ['latent', { kind: 'deterministic', shape: [2] }],
    ['latent', { kind: 'categorical', shape: [1, 2] }],
    ['latent', { kind: 'vector-quantised', shape: [2], codes: 512 }],
    ['likelihood', { kind: 'gaussian', output: 'x', variance: 0.1 }],
    ['likelihood', { kind: 'gaussian', output: 'x', variance: 'learned' }],
    ['likelihood', { kind: 'none' }],
    ['prior.mixture', mixture],
    ['prior.mixture', { weights: [1], mean: [[0, 0]], cholesky: [[1, 0, 1]] }],
  ])('accepts %s = %j', (path, value) => {
    expect(parseManifest(withValue(path, value), 'vae.json').name).toBe('mnist-conv');
  });

  it.each<[string, unknown, string]>([
    ['format', 'onnx', 'm: format is "onnx", expected "vae".'],
    ['version', 2, 'm: version is 2, this package reads version 1. Update @vae/sdk'],
    ['version', undefined, 'm: version is undefined, this package reads version 1.'],
    ['name', undefined, 'm: name is missing.'],
    ['name', '', 'm: name is "", expected 1 to 500 characters.'],
    ['name', 3, 'm: name is 3, expected string.'],
    ['extra', 1, 'm: extra is not a known field; remove it or update @vae/sdk.'],
    ['latent.codes', 3, 'm: latent.codes is not a known field'],
    ['data.kind', 'text', 'm: data.kind is "text", expected ("image" | "vector" | "sequence" | "audio").'],
    ['data.shape', [28, 28], 'm: data.shape is [28,28], expected [channels, height, width].'],
    ['data.shape', [], 'm: data.shape is [], expected 1 to 8 sizes.'],
    ['data.shape', [1, 28.5, 28], 'm: data.shape.1 is 28.5, expected a whole number from 1 to 2147483647.'],
    ['data.shape', ['1', 28, 28], 'm: data.shape.0 is "1", expected number.'],
    ['data.shape', [2 ** 30, 2 ** 30, 2 ** 30], 'expected fewer than 2^31 elements.'],
    ['data.range', [1, 0], 'm: data.range is [1,0], expected the lower limit first.'],
    ['data.preprocess', [], 'm: data.preprocess is [], expected an object'],
    ['data.preprocess.binarize', 'x', 'm: data.preprocess.binarize is "x", expected a number or "dynamic".'],
    ['latent.kind', 'discrete', 'm: latent.kind is "discrete", expected ("gaussian" | "deterministic"'],
    ['likelihood.output', 'x', 'm: likelihood.output is "x", expected "logits".'],
    ['likelihood', { kind: 'gaussian', output: 'x', variance: 0 }, 'expected a number above 0 or "learned".'],
    ['files', {}, 'm: files is {}, expected an encoder, a decoder or both.'],
    ['files.encoder.bytes', 0, 'm: files.encoder.bytes is 0, expected a whole number from 1'],
    [
      'files.encoder.sha256',
      'abc',
      'm: files.encoder.sha256 is "abc", expected 64 lower-case hexadecimal digits.',
    ],
    ['prior.mean', [1], 'm: prior.mean is [1], expected one value per latent dimension.'],
    ['prior.mixture', [], 'm: prior.mixture.weights is missing.'],
    ['prior.mixture', { weights: [1] }, 'm: prior.mixture.mean is missing.'],
    ['prior.mixture', { ...mixture, sizes: [1] }, 'm: prior.mixture.sizes is not a known field'],
    ['prior.mixture', { ...mixture, weights: ['1'] }, 'm: prior.mixture.weights.0 is "1", expected number.'],
    ['prior.mixture', { ...mixture, weights: [0.5, 0.4] }, 'expected weights >= 0 that sum to 1.'],
    ['prior.mixture', { ...mixture, weights: [1] }, 'expected mean to be 1 lists of 2 numbers.'],
    ['prior.mixture', { ...mixture, mean: [[0], [1]] }, 'expected mean to be 2 lists of 2 numbers.'],
    ['prior.mixture', { ...mixture, cholesky: [[1], [1]] }, 'expected cholesky to be 2 lists of 3 numbers,'],
    [
      'prior.mixture',
      { weights: [1], mean: [[0, 0]], cholesky: [[1, 0, -1]] },
      'm: prior.mixture is {"weights":[1],"mean":[[0,0]],"cholesky":[[1,0,-1]]}, expected cholesky to have a diagonal above 0.',
    ],
    ['metrics.test.bound', Number.NaN, 'm: metrics.test.bound is NaN, expected a finite number.'],
    ['training.recipe', [], 'm: training.recipe is [], expected an object.'],
    ['training.seed', -1, 'm: training.seed is -1, expected a whole number from 0 to 2^53 - 1.'],
    ['training.recipe', new Map(), 'm: training.recipe is a Map, expected a plain object.'],
    ['training.recipe', { f: () => 0 }, 'm: training.recipe.f is a function, which JSON cannot hold.'],
  ])('refuses %s = %j', (path, value, text) => {
    expect(() => parseManifest(withValue(path, value), 'm')).toThrow(text);
  });

  const paths = [
    [
      '',
      '.',
      '..',
      '../x',
      'a/../../x',
      '/etc/passwd',
      'a/b',
      'a\\b',
      'C:\\x',
      'C:x',
      '\\\\server\\x',
      'a\0b',
      'x ',
      'x.',
      '.x',
    ],
    ['https://x', 'file:x', '%2e%2e', '-x', 'é', 'con', 'NUL.onnx', 'com1.onnx', 'a'.repeat(256)],
  ].flat();
  it.each(paths)('refuses the file name %j', (path) => {
    expect(() => parseManifest(withValue('files.encoder.path', path), 'm')).toThrow('files.encoder.path is');
  });

  it.each([
    ['', 'not JSON'],
    ['{"format":"vae",', 'not JSON'],
    ['\ufeff{', 'not JSON'],
    ['\ufeff{}', 'format is undefined'],
    ['{"format":"vae","version":1,"name":NaN}', 'not JSON'],
    ['null', 'format is undefined, expected "vae"'],
    ['[]', 'format is undefined, expected "vae"'],
    ['{"format":"vae","version":1,"__proto__":{"polluted":1}}', '__proto__ is not allowed as a key'],
    [
      '{"format":"vae","version":1,"training":{"recipe":{"constructor":1}}}',
      'training.recipe.constructor is not allowed',
    ],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nested deeper than 64 levels'],
    [' '.repeat(2 ** 20 + 1), 'a manifest has at most 1 MiB'],
    [`[${'0,'.repeat(300_000)}0]`, 'is too long'],
    [`{"format":"${'x'.repeat(100_000)}"}`, 'format is "xxx'],
  ])('refuses the text %.40j', (text, message) => {
    let thrown: unknown;
    try {
      parseManifest(text, 'm');
    } catch (error) {
      thrown = error;
    }
    expect(isVaeError(thrown) && thrown.code).toBe('bad-manifest');
    expect((thrown as Error).message).toContain(message);
    expect((thrown as Error).message.length).toBeLessThan(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses a list of nothing but places', () => {
    const long = withValue('training.recipe', new Array(2 ** 32 - 1));
    expect(() => parseManifest(long, 'm')).toThrow('training.recipe is too long.');
  });

  it('refuses a value that contains itself', () => {
    const recipe: Record<string, unknown> = {};
    recipe.a = recipe;
    recipe.b = recipe;
    expect(() => parseManifest({ ...example, training: { recipe } }, 'm')).toThrow('nested deeper');
  });
});
