import { describe, expect, it } from 'vitest';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { onnxModel } from '../../../sdk/src/testing/onnx.js';
import { at, logvars, means, model } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('vae eval', () => {
  it('reports the bound on files, repeatably', async () => {
    const text = await done('eval', model, at('five'));
    expect(text).toMatch(
      /^bound +-\d+\.\d\d ± \d+\.\d\d nats per sample\nreconstruction +\d+\.\d\d\nKL +\d+\.\d\d\n5 /,
    );
    const json = JSON.parse((await runVae('eval', model, at('five.npy'), '--json')).stdout);
    const kl = means.map((meansOfOne, n) =>
      meansOfOne.reduce((sum, mean, d) => {
        const logvar = logvars[n][d];
        return sum + (Math.exp(logvar) + mean ** 2 - 1 - logvar) / 2;
      }, 0),
    );
    expect(json).toMatchObject({ samples: 5, seed: 0, data: at('five.npy') });
    expect(json.kl).toBeCloseTo(kl.reduce((a, b) => a + b) / 5, 5);
    expect(json.bound).toBeCloseTo(-json.reconstruction - json.kl, 10);
    expect((await runVae('eval', model, at('five.npy'), '--json', '--seed', '0')).stdout).toBe(
      `${JSON.stringify(json)}\n`,
    );
  });
});

describe('vae eval --draws', () => {
  it('tells log p(x) beside the bound, which it is above', async () => {
    const text = await done('eval', model, at('five'), '--draws', '20');
    expect(text).toMatch(/\nlog p\(x\) +-\d+\.\d\d, by 20 draws each\n5 /);
    const json = JSON.parse((await runVae('eval', model, at('five.npy'), '--json', '--draws', '20')).stdout);
    expect(json.draws).toBe(20);
    expect(json.logLikelihood).toBeGreaterThan(json.bound);
    expect((await runVae('eval', model, at('five.npy'), '--draws', '0')).stderr).toContain('--draws');
  });
});

describe('vae eval --data', () => {
  /** Weights of zero: the posterior is the prior and every pixel is 1 with probability one half. */
  async function blankModel(fields: Record<string, unknown>) {
    const shape = [1, 28, 28];
    const weight = (name: string, ...sizes: number[]) => ({
      name,
      shape: sizes,
      data: new Float32Array(sizes.reduce((product, size) => product * size)),
    });
    const encoder = onnxModel({
      inputs: [{ name: 'x', shape: ['N', ...shape] }],
      outputs: ['mean', 'logvar'].map((name) => ({ name, shape: ['N', 2] })),
      constants: [weight('w', 784, 2)],
      nodes: [
        { op: 'Flatten', inputs: ['x'], outputs: ['flat'], integers: { axis: 1 } },
        { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['mean'] },
        { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['logvar'] },
      ],
    });
    const decoder = onnxModel({
      inputs: [{ name: 'z', shape: ['N', 2] }],
      outputs: ['x', 'logits'].map((name) => ({ name, shape: ['N', ...shape] })),
      constants: [
        weight('w', 2, 784),
        { name: 'shape', shape: [4], data: BigInt64Array.of(-1n, 1n, 28n, 28n) },
      ],
      nodes: [
        { op: 'Gemm', inputs: ['z', 'w'], outputs: ['flat'] },
        { op: 'Reshape', inputs: ['flat', 'shape'], outputs: ['logits'] },
        { op: 'Sigmoid', inputs: ['logits'], outputs: ['x'] },
      ],
    });
    const data = { kind: 'image', shape, range: [0, 1], preprocess: { binarize: 0.5 } };
    return modelFolder({ encoder, decoder, fields: { data, ...fields } });
  }

  it('judges on the test part, by default of what the model was trained on', async () => {
    const blank = await blankModel({ training: { dataset: 'digits', seed: 3 } });
    const { stdout, code } = await runVae('eval', blank, '-n', '200', '--json');
    expect(code).toBe(0);
    const { bound, ...rest } = JSON.parse(stdout);
    expect(bound).toBeCloseTo(-784 * Math.LN2, 3);
    expect(rest).toMatchObject({ kl: 0, samples: 200, data: 'digits (test)', seed: 0 });
    expect(rest.standardError).toBeCloseTo(0, 6);
    expect((await runVae('eval', blank, '--data', 'digits', '-n', '200', '--json')).stdout).toBe(stdout);
  });

  it('judges a plain autoencoder by its reconstruction', async () => {
    const latent = { kind: 'deterministic', shape: [2] };
    const blank = await blankModel({ training: { dataset: 'digits' }, latent });
    expect((await runVae('eval', blank, '-n', '20')).stdout).toMatch(
      /^reconstruction +543\.43 ± 0\.00 nats per sample\n20 samples of digits \(test\); a plain autoencoder has no bound\n$/,
    );
    const { bound, kl, reconstruction } = JSON.parse(
      (await runVae('eval', blank, '-n', '20', '--json')).stdout,
    );
    expect({ bound, kl }).toEqual({ bound: null, kl: null });
    expect(reconstruction).toBeCloseTo(784 * Math.LN2, 3);
  });

  it('refuses a data set of another shape or name', async () => {
    expect((await runVae('eval', model, '--data', 'digits')).stderr).toBe(
      '--data digits has images of 1 × 28 × 28 (C × H × W), the model takes 1 × 2 × 3; choose another data set.\n',
    );
    const { code, stderr } = await runVae('eval', model, '--data', 'digitz');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/digitz.*digits.*\n$/)]);
  });
});
