import { describe, expect, it } from 'vitest';
import { type Bytes, node } from '../onnx/testing/protobuf.js';
import { decoder, kindAndOutputs, N2, N4 } from './testing/encoders.js';
import { type Dims, dense, drawn, type GraphSketch, specOf } from './testing/graphs.js';

describe('an encoder with a mean and a variance by name', () => {
  it.each([
    ['mu', 'log_var'],
    ['mean', 'logvar'],
    ['z_mean', 'z_log_var'],
    ['Z-Mean', 'LogVariance'],
    ['loc', 'lnvar'],
    ['mean_vector', 'log_variance'],
    ['fc_mu', 'fc_logvar'],
    ['model/z_mean/BiasAdd:0', 'model/z_log_var/BiasAdd:0'],
    ['z_mean_1', 'z_log_var_1'],
    ['mu_z', 'log_sigma2'],
    ['embedding', 'log_covariance'],
    ['q_z_mean', 'q_z_log_var'],
    ['latent_mu_proj', 'latent_log_variance_proj'],
  ])('%s, %s', async (mean, logvar) => {
    expect(await kindAndOutputs({ outputs: { [mean]: N2, [logvar]: N2 } })).toEqual([
      'gaussian',
      `mean ${mean}`,
      `logvar ${logvar}`,
    ]);
  });

  it.each(['sigma', 'std', 'z_std', 'stddev', 'scale'])(
    'turns a standard deviation %s into a log-variance',
    async (std) => {
      expect(await kindAndOutputs({ outputs: { mu: N2, [std]: N2 } })).toEqual([
        'gaussian',
        'mean mu',
        `logvar ${std} log-square`,
      ]);
    },
  );

  it('in any order, beside draws and hidden layers', async () => {
    const outputs = { z: N2, logvar: N2, features: ['N', 128], mu: N2 };
    expect(await kindAndOutputs({ outputs })).toEqual(['gaussian', 'mean mu', 'logvar logvar']);
    const heads = { logvar_head: N2, mu_head: N2 };
    expect(await kindAndOutputs({ outputs: heads })).toEqual([
      'gaussian',
      'mean mu_head',
      'logvar logvar_head',
    ]);
  });

  it('passes over an output that is drawn in the graph, whatever its name', async () => {
    const nodes = [...dense('x', 'a', 'b'), ...drawn('c')];
    const encoder = { outputs: { a: N2, b: N2, c: N2 }, nodes };
    expect(await kindAndOutputs(encoder)).toEqual(['gaussian', 'mean a', 'logvar b']);
  });

  it('passes over numbers per batch or item, such as a loss', async () => {
    const outputs = { output_0: N2, output_1: N2, loss: [], kl: ['N'] };
    expect(await kindAndOutputs({ outputs })).toEqual(['gaussian', 'mean output_0', 'logvar output_1']);
  });
});

describe('a mean whose variance has another shape', () => {
  it.each<[string, Dims]>([
    ['one for all dimensions', ['N', 1]],
    ['one for all items', [2]],
    ['one number', []],
    ['one with the batch second', [3, 'N', 2]],
  ])('is no plain code unless the caller says so: %s', async (_, dims) => {
    const encoder = { outputs: { mu: N2, logvar: dims } };
    await expect(specOf({ encoder, decoder })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "e.onnx: 'logvar' has not one value for each of 'mu'. Inputs: 'x' float32 [N, 6]. Outputs: 'mu' float32 [N, " +
        `2], 'logvar' float32 [${dims.join(', ')}]. Pass latent: { mean: 'mu', kind: 'deterministic' } for codes ` +
        'without a spread, or export both in one shape.',
    });
    const code = ['deterministic', 'mean mu'];
    expect(await kindAndOutputs(encoder, { latent: { kind: 'deterministic' } })).toEqual(code);
    expect(await kindAndOutputs(encoder, { latent: { mean: 'mu', kind: 'deterministic' } })).toEqual(code);
  });
});

describe('two outputs whose names do not tell', () => {
  const deviation = (last: Bytes) => [...dense('x', 'a', 'h'), node('Exp', ['h'], ['s']), last];

  it('are mean and log-variance in this order', async () => {
    expect(await kindAndOutputs({ outputs: { dense_1: N2, dense_2: N2 } })).toEqual([
      'gaussian',
      'mean dense_1',
      'logvar dense_2',
    ]);
  });

  it.each<[string, GraphSketch]>([
    [
      'the second cannot be negative',
      { outputs: { a: N2, b: N2 }, nodes: deviation(node('Clip', ['s'], ['b'])) },
    ],
    ['the second has a name that may mean a deviation', { outputs: { mu: N2, log_sigma: N2 } }],
    ['the second has a name that may mean a variance', { outputs: { a: N2, var: N2 } }],
    ['the shapes differ', { outputs: { a: N2, b: N4 } }],
    ['the first has a name that may mean a variance', { outputs: { hidden2logvar: N2, b: N2 } }],
    ['the first has a name that may mean a logarithm', { outputs: { lv: N2, m: N2 } }],
    ['the second has a name that may mean a mean', { outputs: { a: N2, hidden2mu: N2 } }],
    ['the second has another name of a deviation', { outputs: { m: N2, sd: N2 } }],
    ['a deviation is something else by another word', { outputs: { mu: N2, std_squared: N2 } }],
    ['they are numbered the other way', { outputs: { dense_2: N2, dense_1: N2 } }],
    ['the first is numbered alone', { outputs: { 'dense_1/BiasAdd:0': N2, 'dense/BiasAdd:0': N2 } }],
    ['there are three', { outputs: { a: N2, b: N2, c: N2 } }],
    ['there are two means', { outputs: { mean: N2, z_mean: N2 } }],
    ['the second is a mean', { outputs: { a: N2, mean: N2 } }],
    ['one is a code and the other a variance', { outputs: { z: N2, log_var: N2 } }],
    ['one is a code and the other unknown', { outputs: { z: N2, dense: N2 } }],
  ])('are an error when %s', async (_, encoder) => {
    await expect(specOf({ encoder, decoder })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        /^e\.onnx: which outputs are the mean and the log-variance cannot be told\. Inputs: 'x' float32 \[N, 6\]\. Outputs: .*Pass latent: \{ mean, logvar \} with their names; where the second holds no log-variances, spread: 'std', 'logstd' or 'variance' too\.$/,
      ),
    });
  });

  it.each([
    ['Identity:0', 'Identity_1:0'],
    ['fc21', 'fc22'],
    ['/fc/Gemm_output_0', '/fc_1/Gemm_output_0'],
    ['dense_9', 'dense_10'],
    ['linear_3', 'add_1'],
  ])('are not thought to be numbered the other way: %s, %s', async (first, second) => {
    const found = await kindAndOutputs({ outputs: { [first]: N2, [second]: N2 } });
    expect(found).toEqual(['gaussian', `mean ${first}`, `logvar ${second}`]);
  });

  it('are settled by naming them', async () => {
    const latent = { mean: 'b', logvar: 'a' };
    expect(await kindAndOutputs({ outputs: { a: N2, b: N2 } }, { latent })).toEqual([
      'gaussian',
      'mean b',
      'logvar a',
    ]);
  });
});

describe('a spread that is named', () => {
  // ln(s^2) = 2 ln s, of which one of the three is given; see port.ts for the maps.
  it.each([
    ['sigma', 'std', 'log-square'],
    ['log_sigma', 'logstd', 'double'],
    ['log_std', 'logstd', 'double'],
    ['var', 'variance', 'log'],
  ] as const)('%s is refused, and taken as the %s that the caller says', async (name, spread, map) => {
    const encoder = { outputs: { mu: N2, [name]: N2 } };
    const latent = { mean: 'mu', logvar: name };
    await expect(specOf({ encoder, decoder }, { latent })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        RegExp(
          `latent.logvar is '${name}', which by its name holds no log-variances.* Pass latent: . spread: '${spread}' ., or what else it holds: 'logvar', 'std', 'logstd', 'variance'\\.$`,
        ),
      ),
    });
    const said = await kindAndOutputs(encoder, { latent: { ...latent, spread } });
    expect(said).toEqual(['gaussian', 'mean mu', `logvar ${name} ${map}`]);
    const logvar = await kindAndOutputs(encoder, { latent: { ...latent, spread: 'logvar' } });
    expect(logvar).toEqual(['gaussian', 'mean mu', `logvar ${name}`]);
  });

  it('may lie beside the means, or be found by its name', async () => {
    const both = { mean: 'out', logvar: 'out', spread: 'variance' as const };
    expect(await kindAndOutputs({ outputs: { out: N4 } }, { latent: both })).toEqual([
      'gaussian',
      'mean out half 0 of axis 0',
      'logvar out half 1 of axis 0 log',
    ]);
    const byName = await kindAndOutputs({ outputs: { mu: N2, std: N2 } }, { latent: { spread: 'logvar' } });
    expect(byName).toEqual(['gaussian', 'mean mu', 'logvar std']);
  });

  it('is heeded where the names are those of diffusers', async () => {
    const encoder: GraphSketch = {
      input: ['sample', ['N', 3, 8, 8]],
      outputs: { latent_parameters: ['N', 8, 1, 1] },
    };
    const said = await kindAndOutputs(encoder, { latent: { spread: 'std' } }, {});
    expect(said.at(-1)).toBe('logvar latent_parameters half 1 of axis 0 log-square');
  });

  it('of logarithms is not called a deviation', async () => {
    const latent = { mean: 'mu', logvar: 'sigma', spread: 'logstd' } as const;
    const { encoder } = await specOf({ encoder: { outputs: { mu: N2, sigma: N2 } }, decoder }, { latent });
    expect(encoder!.outputs[1]!.outside).toBeUndefined();
  });

  it('is not what a plain code has', async () => {
    await expect(
      specOf({ encoder: { outputs: { z: N2 } }, decoder }, { latent: { spread: 'std' } }),
    ).rejects.toThrow("latent.spread is 'std', but the latents are a deterministic code without a spread");
  });
});

describe('the options', () => {
  it('name an output that has to be there', async () => {
    await expect(
      specOf({ encoder: { outputs: { a: N2 } } }, { latent: { mean: 'b' } }),
    ).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(
        "latent.mean is 'b', which is no float32 or float16 output of the encoder",
      ),
    });
  });

  it('may name one output that holds both halves, or a draw', async () => {
    const encoder = { outputs: { a: N4, b: N2 } };
    const both = { latent: { mean: 'a', logvar: 'a' } };
    expect(await kindAndOutputs(encoder, both)).toEqual([
      'gaussian',
      'mean a half 0 of axis 0',
      'logvar a half 1 of axis 0',
    ]);
    const draw = { latent: { mean: 'b', kind: 'sampled' as const } };
    expect(await kindAndOutputs(encoder, draw)).toEqual(['sampled', 'mean b']);
  });

  it('cannot pair outputs of different shapes', async () => {
    await expect(
      specOf({ encoder: { outputs: { a: N4, b: N2 } } }, { latent: { mean: 'a', logvar: 'b' } }),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(
        /'a' and 'b' differ in shape.* or the means alone in latent: \{ mean \}\.$/,
      ),
    });
    const encoder = { outputs: { mu: N2, logvar: ['N', 1] } };
    expect((await kindAndOutputs(encoder, { latent: { mean: 'mu' } }))[0]).toBe('deterministic');
  });

  it('take the means alone where asked for a plain code', async () => {
    const encoder = { outputs: { mu: N2, logvar: N2 } };
    expect(await kindAndOutputs(encoder, { latent: { kind: 'deterministic' } })).toEqual([
      'deterministic',
      'mean mu',
    ]);
  });
});

it('knows an encoder that only draws, of several outputs by its name', async () => {
  const nodes = [...drawn('z'), ...drawn('noise')];
  expect(await kindAndOutputs({ outputs: { noise: N2, z: N2 }, nodes })).toEqual(['sampled', 'mean z']);
  await expect(
    specOf({
      encoder: { outputs: { noise: N2, other: N2 }, nodes: [...drawn('noise'), ...drawn('other')] },
      decoder,
    }),
  ).rejects.toThrow(/cannot be told/);
});
