import { describe, expect, it } from 'vitest';
import { node } from '../onnx/testing/protobuf.js';
import type { ForeignOptions } from './options.js';
import { decoder, kindAndOutputs, N2, N4 } from './testing/encoders.js';
import { type Dims, dense, drawn, type GraphSketch, specOf } from './testing/graphs.js';

describe('an encoder with one output', () => {
  it('twice as wide as the decoder wants: mean and log-variance side by side', async () => {
    expect(await kindAndOutputs({ outputs: { 'Identity:0': N4 } })).toEqual([
      'gaussian',
      'mean Identity:0 half 0 of axis 0',
      'logvar Identity:0 half 1 of axis 0',
    ]);
  });

  it.each<[string, Dims, Dims, Dims, number]>([
    ['first for channels first', ['N', 1, 8, 8], ['N', 4, 2, 2], ['N', 2, 2, 2], 0],
    ['last for channels last', ['N', 8, 8, 1], ['N', 2, 2, 4], ['N', 2, 2, 2], 2],
    ['last for sequences', ['N', 8, 5], ['N', 8, 4], ['N', 8, 2], 1],
    ['first for sound', ['N', 1, 't'], ['N', 4, 't'], ['N', 2, 't'], 0],
    ['first for videos', ['N', 3, 2, 4, 4], ['N', 4, 2, 4, 4], ['N', 2, 2, 4, 4], 0],
    ['first with open sides', ['N', 3, 'h', 'w'], ['N', 4, 'h2', ''], ['N', 2, 'a', 'b'], 0],
  ])('side by side along the axis of channels: %s', async (_, data, both, latent, axis) => {
    const halves = {
      encoder: { input: ['x', data] as const, outputs: { out: both } },
      decoder: { input: ['z', latent] as const, outputs: { y: data } },
    };
    const { encoder, latent: found } = await specOf(halves);
    expect(encoder!.outputs.map(({ part }) => part)).toEqual([
      { axis, half: 0 },
      { axis, half: 1 },
    ]);
    expect(found).toEqual({
      kind: 'gaussian',
      shape: latent.slice(1).map((d) => (typeof d === 'number' ? d : -1)),
    });
  });

  it.each<[string, Dims, Dims, readonly number[], number]>([
    ['sound', ['N', 1, 't'], ['N', 4, 't'], [2, -1], 0],
    ['a sequence', ['N', 8, 3], ['N', 8, 4], [8, 2], 1],
    ['a video', ['N', 3, 2, 4, 4], ['N', 4, 2, 4, 4], [2, 2, 4, 4], 0],
  ])('alone needs the shape of a latent of %s', async (_, data, both, shape, axis) => {
    const encoder = { input: ['x', data] as const, outputs: { moments: both } };
    await expect(specOf({ encoder })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        /^e\.onnx: along which axis 'moments' holds a mean and a log-variance cannot be told\. .* Pass latent: \{ shape \}/,
      ),
    });
    const spec = await specOf({ encoder }, { latent: { shape } });
    expect(spec.encoder!.outputs.map(({ part }) => part?.axis)).toEqual([axis, axis]);
    expect(spec.latent).toEqual({ kind: 'gaussian', shape });
  });

  it('of images twice as high as the decoder wants is not cut in height', async () => {
    const halves = {
      encoder: { input: ['x', ['N', 1, 8, 8]] as const, outputs: { out: ['N', 4, 8, 8] } },
      decoder: { input: ['z', ['N', 4, 4, 8]] as const, outputs: { y: ['N', 1, 8, 8] } },
    };
    await expect(specOf(halves)).rejects.toThrow('neither the same nor twice that');
  });

  it('with deviations beside the means by its operators: an error, settled by latent.spread', async () => {
    const nodes = [...dense('x', 'h'), node('Exp', ['h'], ['s']), node('Concat', ['h', 's'], ['out'])];
    const encoder = { outputs: { out: N4 }, nodes };
    await expect(specOf({ encoder, decoder })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "e.onnx: 'out' ends in numbers that by their operators may never be negative, as standard deviations beside " +
        "means. Inputs: 'x' float32 [N, 6]. Outputs: 'out' float32 [N, 4]. Pass latent: { spread: 'std' }, or what else " +
        "they are: 'logvar', 'std', 'logstd', 'variance'.",
    });
    for (const [spread, map] of [
      ['std', ' log-square'],
      ['logvar', ''],
    ] as const) {
      expect(await kindAndOutputs(encoder, { latent: { spread } })).toEqual([
        'gaussian',
        'mean out half 0 of axis 0',
        `logvar out half 1 of axis 0${map}`,
      ]);
    }
  });

  it('as wide as the decoder wants: a code', async () => {
    expect(await kindAndOutputs({ outputs: { out: N2 } })).toEqual(['deterministic', 'mean out']);
  });

  it('as wide as the decoder wants and drawn in the graph: a draw', async () => {
    expect(await kindAndOutputs({ outputs: { out: N2 }, nodes: drawn('out') })).toEqual([
      'sampled',
      'mean out',
    ]);
  });

  it('neither as wide nor twice as wide: an error with both shapes', async () => {
    await expect(specOf({ encoder: { outputs: { out: ['N', 3] } }, decoder })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "e.onnx: 'out' holds [3] per item and a latent is [2]: neither the same nor twice that along an axis of " +
        "channels. Inputs: 'x' float32 [N, 6]. Outputs: 'out' float32 [N, 3]. Pass latent: { mean, logvar } with the " +
        "outputs' names, export it with the two as outputs of their own, or load the encoder alone.",
    });
  });
});

describe('an encoder alone', () => {
  const alone = (encoder: GraphSketch, options?: ForeignOptions) => kindAndOutputs(encoder, options, {});

  it('with two named outputs needs no decoder', async () => {
    expect(await alone({ outputs: { mu: N2, logvar: N2 } })).toEqual([
      'gaussian',
      'mean mu',
      'logvar logvar',
    ]);
    const { latent, decoder } = await specOf({ encoder: { outputs: { mu: N2, logvar: N2 } } });
    expect([latent.shape, decoder]).toEqual([[2], undefined]);
  });

  it.each(['z', 'latent', 'mean', 'embedding'])('with one output named %s: a code', async (name) => {
    expect(await alone({ outputs: { [name]: N4 } })).toEqual(['deterministic', `mean ${name}`]);
  });

  it('with one output named after both: side by side', async () => {
    expect((await alone({ outputs: { moments: N4 } }))[0]).toBe('gaussian');
  });

  it('with one output of another name: an error, settled by latent.kind or latent.shape', async () => {
    const encoder = { outputs: { dense_7: N4 } };
    await expect(specOf({ encoder })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "e.onnx: whether 'dense_7' holds a mean and a log-variance side by side or a plain code cannot be told. " +
        "Inputs: 'x' float32 [N, 6]. Outputs: 'dense_7' float32 [N, 4]. Pass latent: { kind: 'gaussian' } or latent: " +
        "{ kind: 'deterministic' }.",
    });
    expect((await alone(encoder, { latent: { kind: 'gaussian' } }))[0]).toBe('gaussian');
    expect((await alone(encoder, { latent: { kind: 'deterministic' } }))[0]).toBe('deterministic');
    expect((await alone(encoder, { latent: { shape: [2] } }))[0]).toBe('gaussian');
    expect((await alone(encoder, { latent: { shape: [4] } }))[0]).toBe('deterministic');
    expect((await alone(encoder, { latent: { kind: 'sampled' } }))[0]).toBe('sampled');
  });

  it('with an odd number of values refuses to halve them', async () => {
    await expect(
      specOf({ encoder: { outputs: { out: ['N', 5] } } }, { latent: { kind: 'gaussian' } }),
    ).rejects.toThrow(/'out' holds 5 values along its axis of channels, which are no two halves/);
  });

  it('whose output has no shape takes it from the option', async () => {
    const encoder = { outputs: { z: undefined } };
    await expect(specOf({ encoder })).rejects.toThrow(
      /the shape of a latent is not stated.*Pass latent: \{ shape \}/,
    );
    const { latent } = await specOf({ encoder }, { latent: { shape: [2] } });
    expect(latent.shape).toEqual([2]);
    const both = await specOf({ encoder }, { latent: { shape: [2], mean: 'z', logvar: 'z' } });
    expect(both.encoder!.outputs[0]).toMatchObject({ item: [2], part: { axis: 0, half: 0 } });
  });
});
