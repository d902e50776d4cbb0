import { describe, expect, it } from 'vitest';
import type { ForeignOptions } from './options.js';
import { type Dims, drawn, type GraphSketch, specOf } from './testing/graphs.js';

describe('the convention of diffusers', () => {
  const kl: GraphSketch = {
    input: ['sample', ['b', 3, 'h', 'w']],
    outputs: { latent_parameters: ['b', 8, 'h / 8', 'w / 8'] },
  };
  const codes: GraphSketch = {
    input: ['sample', ['b', 3, 'h', 'w']],
    outputs: { latent_sample: ['b', 4, '', ''] },
  };
  const decoder: GraphSketch = {
    input: ['latent_sample', ['b', 4, 'h', 'w']],
    outputs: { sample: ['b', 3, 'h * 8', 'w * 8'] },
  };
  const config = {
    _class_name: 'AutoencoderKL',
    scaling_factor: 0.3611,
    shift_factor: 0.1159,
    latents_mean: null,
    block_out_channels: [128, 256, 512, 512],
  };

  it('has means and limited log-variances in the channels of one output, pixels from -1 to 1, and a scaling', async () => {
    const spec = await specOf({ encoder: kl, decoder, config });
    expect(spec).toMatchObject({
      data: { kind: 'image', layout: 'chw', shape: [3, -1, -1], range: [-1, 1] },
      latent: { kind: 'gaussian', shape: [4, -1, -1] },
      likelihood: { kind: 'none' },
      factor: 8,
      diffusion: { scalingFactor: 0.3611, shiftFactor: 0.1159 },
    });
    expect(spec.encoder!.outputs).toEqual([
      { role: 'mean', output: 'latent_parameters', item: [4, -1, -1], part: { axis: 0, half: 0 } },
      {
        role: 'logvar',
        output: 'latent_parameters',
        item: [4, -1, -1],
        part: { axis: 0, half: 1 },
        clamp: [-30, 20],
      },
    ]);
    expect(spec.decoder!.outputs).toEqual([{ role: 'x', output: 'sample', item: [3, -1, -1] }]);
  });

  it('tells draws made in the graph from codes under the same name', async () => {
    expect((await specOf({ encoder: codes, decoder })).latent.kind).toBe('deterministic');
    const legacy = { ...codes, nodes: drawn('latent_sample') };
    const spec = await specOf({ encoder: legacy, decoder });
    expect(spec.latent.kind).toBe('sampled');
    expect(spec.encoder!.outputs).toEqual([{ role: 'mean', output: 'latent_sample', item: [4, -1, -1] }]);
  });

  it('holds for either half alone, and for axes that are all open', async () => {
    const open: Dims = ['batch', 'channels', 'height', 'width'];
    const encoder: GraphSketch = { input: ['sample', open], outputs: { latent_parameters: open } };
    expect((await specOf({ encoder })).data).toMatchObject({ layout: 'chw', range: [-1, 1] });
    const alone = await specOf({ decoder: { input: ['latent_sample', open], outputs: { sample: open } } });
    expect(alone).toMatchObject({
      data: { layout: 'chw' },
      latent: { kind: 'gaussian', shape: [-1, -1, -1] },
    });
    const tiny = { _class_name: 'AutoencoderTiny' };
    expect((await specOf({ decoder, config: tiny })).latent.kind).toBe('deterministic');
  });

  it('is overruled by the options', async () => {
    const options: ForeignOptions = { range: [-2, 2], name: 'mine', latent: { kind: 'sampled' } };
    const spec = await specOf({ encoder: codes, decoder }, options);
    expect(spec).toMatchObject({ name: 'mine', data: { range: [-2, 2] }, latent: { kind: 'sampled' } });
  });

  it('does not hold for other names, whose config.json is not read', async () => {
    const spec = await specOf({
      encoder: { input: ['x', ['N', 3, 64, 64]], outputs: { mu: ['N', 2], logvar: ['N', 2] } },
      config,
    });
    expect(spec.data.range).toBeUndefined();
    expect(spec.diffusion).toBeUndefined();
  });

  it('holds for other names where the caller gives the config.json', async () => {
    const encoder: GraphSketch = {
      input: ['image', ['N', 3, 'h', 'w']],
      outputs: { moments: ['N', 8, '', ''] },
    };
    const spec = await specOf({ encoder, config, given: true });
    expect(spec).toMatchObject({
      data: { layout: 'chw', range: [-1, 1] },
      latent: { kind: 'gaussian', shape: [4, -1, -1] },
      factor: 8,
      diffusion: { scalingFactor: 0.3611 },
    });
    await expect(specOf({ encoder, config: { model_type: 'bert' }, given: true })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(/^config\.json: it has no _class_name, .* leave config out/),
    });
  });

  it('has standard deviations behind a softplus for sound, whatever the names, unless the options say otherwise', async () => {
    const oobleck = { _class_name: 'AutoencoderOobleck' };
    const sound: GraphSketch = {
      input: ['sample', ['b', 2, 't']],
      outputs: { latent_parameters: ['b', 8, ''] },
    };
    const others: GraphSketch = { input: ['x', ['b', 2, 't']], outputs: { out: ['b', 8, ''] } };
    const decoder: GraphSketch = { input: ['z', ['b', 4, 't']], outputs: { y: ['b', 2, ''] } };
    const mapsOf = async (encoder: GraphSketch, latent?: ForeignOptions['latent']) => {
      const halves = { encoder, ...(encoder === others && { decoder }), config: oobleck, given: true };
      const spec = await specOf(halves, latent && { latent });
      return spec.encoder!.outputs.map(({ map }) => map);
    };
    expect(await mapsOf(sound)).toEqual([undefined, 'oobleck']);
    expect(await mapsOf(others)).toEqual([undefined, 'oobleck']);
    expect(await mapsOf(others, { spread: 'logvar' })).toEqual([undefined, undefined]);
  });

  it('refuses an odd number of channels', async () => {
    const odd: GraphSketch = { ...kl, outputs: { latent_parameters: ['b', 7, '', ''] } };
    await expect(specOf({ encoder: odd })).rejects.toThrow(/holds 7 values/);
  });
});
