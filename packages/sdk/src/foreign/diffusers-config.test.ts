import { describe, expect, it } from 'vitest';
import { parseDiffusersConfig } from './diffusers-config.js';

const parse = (config: unknown) =>
  parseDiffusersConfig(new TextEncoder().encode(JSON.stringify(config)), 'm config.json');

describe('config.json of diffusers', () => {
  it('gives scaling, shift, spatial factor and kind', () => {
    const blocks = { block_out_channels: [128, 256, 512, 512] };
    expect(
      parse({ _class_name: 'AutoencoderKL', scaling_factor: 1.5305, shift_factor: 0.0609, ...blocks }),
    ).toEqual({ deterministic: false, factor: 8, scaling: { scalingFactor: 1.5305, shiftFactor: 0.0609 } });
    expect(parse({ _class_name: 'AutoencoderDC', encoder_block_out_channels: [1, 2, 3, 4, 5, 6] })).toEqual({
      deterministic: true,
      factor: 32,
      scaling: { scalingFactor: 1 },
    });
  });

  it("takes the class's own default where old files have no scaling_factor", () => {
    expect(parse({ _class_name: 'AutoencoderKL', shift_factor: null })?.scaling).toEqual({
      scalingFactor: 0.18215,
    });
    expect(parse({ _class_name: 'AutoencoderTiny' })?.scaling).toEqual({ scalingFactor: 1 });
  });

  it('knows nothing more of other classes than they say', () => {
    expect(parse({ _class_name: 'AutoencoderNew', block_out_channels: [1, 2] })).toEqual({
      deterministic: false,
    });
    expect(
      parse({ _class_name: 'AutoencoderNew', latents_mean: [1, 2], latents_std: [3, 4] })?.scaling,
    ).toEqual({
      scalingFactor: 1,
      latentsMean: [1, 2],
      latentsStd: [3, 4],
    });
    expect(parse({ _class_name: 'constructor' })).toEqual({ deterministic: false });
  });

  it('knows of which classes the moments are no log-variances', () => {
    expect(parse({ _class_name: 'AutoencoderOobleck', audio_channels: 2 })).toEqual({
      deterministic: false,
      softplus: true,
    });
  });

  it('is not about other config files', () => {
    expect(parse({ model_type: 'bert', scaling_factor: 'x' })).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [[], 'm config.json: expected a JSON object.'],
    [{ _class_name: 5 }, 'm config.json: _class_name is 5, expected text.'],
    [{ _class_name: 'A', scaling_factor: '1' }, 'scaling_factor is "1", expected a number.'],
    [{ _class_name: 'A', scaling_factor: 0 }, 'scaling_factor is 0, expected a number other than 0.'],
    [
      { _class_name: 'A', latents_mean: [1], latents_std: [1, 2] },
      'latents_std is [1,2], expected as many numbers',
    ],
    [
      { _class_name: 'A', latents_mean: [1], latents_std: [0] },
      'latents_std is [0], expected numbers above 0.',
    ],
    [{ _class_name: 'A', latents_mean: [null] }, 'latents_mean is [null], expected a list of numbers.'],
    [
      { _class_name: 'A', latents_mean: [1], scaling_factor: 1 },
      'latents_std is undefined, expected as many',
    ],
  ])('%j is refused', (config, text) => {
    expect(() => parse(config)).toThrow(expect.objectContaining({ code: 'bad-model' }));
    expect(() => parse(config)).toThrow(text);
  });

  it('refuses what is no JSON', () => {
    for (const bytes of [[255], [123]]) {
      expect(() => parseDiffusersConfig(Uint8Array.from(bytes), 'c')).toThrow('c: not readable as JSON.');
    }
  });
});
