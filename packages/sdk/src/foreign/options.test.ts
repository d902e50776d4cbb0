import { describe, expect, it } from 'vitest';
import { type ForeignOptions, foreignOptions } from './options.js';

describe('options about models of others', () => {
  it('pass when each is right, without what is not about the model', () => {
    const options: ForeignOptions = {
      layout: 'nhwc',
      output: 'logits',
      latent: { kind: 'gaussian', shape: [4, -1, -1], mean: 'a', logvar: 'b', factor: 8 },
      range: [-1, 1],
      likelihood: { kind: 'gaussian', variance: 1 },
      name: 'theirs',
      externalData: true,
    };
    expect(foreignOptions({ ...options, device: 'cpu' } as ForeignOptions)).toEqual(options);
    expect(foreignOptions({})).toEqual({});
  });

  it.each<[string, unknown, string]>([
    ['layout', 'chw', `layout is "chw", expected 'nchw' or 'nhwc' or 'flat'.`],
    ['output', 'x', `output is "x", expected 'mean' or 'logits'.`],
    ['range', [1, 0], 'range is [1,0], expected two numbers, the lower one first.'],
    ['range', [0, Number.NaN], 'range is [0,null], expected two numbers, the lower one first.'],
    ['likelihood', 'bernoulli', `likelihood is "bernoulli", expected { kind: 'bernoulli' } or`],
    [
      'likelihood',
      { kind: 'gaussian', variance: 0 },
      'likelihood is {"kind":"gaussian","variance":0}, expected',
    ],
    ['name', '', 'name is "", expected text.'],
    ['externalData', 'yes', 'externalData is "yes", expected true or false.'],
    ['latent', null, 'latent is null, expected an object.'],
    ['latent', { kind: 'vector-quantised' }, `latent.kind is "vector-quantised", expected 'gaussian' or`],
    [
      'latent',
      { shape: [0] },
      'latent.shape is [0], expected a list of whole numbers above 0, or -1 for any size.',
    ],
    ['latent', { shape: [] }, 'latent.shape is [], expected'],
    ['latent', { factor: 0 }, 'latent.factor is 0, expected a whole number from 1 to 4096.'],
    ['latent', { mean: 5 }, "latent.mean is 5, expected the name of one of the encoder's outputs."],
    ['latent', { logvar: 'b' }, "latent.logvar was given alone; name the means' output in latent.mean too."],
    [
      'latent',
      { spread: 'sigma' },
      `latent.spread is "sigma", expected 'logvar' or 'std' or 'logstd' or 'variance'.`,
    ],
    ['name', 5n, 'name is a bigint, expected text.'],
    ['latent', { mean: 'a', logVar: 'b' }, "latent: there is no option 'logVar'; did you mean 'logvar'?"],
  ])('%s as case %# is refused', (option, value, text) => {
    const options = { [option]: value } as ForeignOptions;
    expect(() => foreignOptions(options)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(() => foreignOptions(options)).toThrow(text);
  });
});
