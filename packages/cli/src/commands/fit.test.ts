import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitMixture, mixtureLogProb, mixtureSample } from '@vae/sdk/latent';
import { parseManifest } from '@vae/sdk/manifest';
import { decodeNpy, encodeNpy, type Tensor } from '@vae/sdk/media';
import { uniform } from '@vae/sdk/random';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  dataShape,
  encodeByHand,
  logitsByHand,
  modelFolder,
  sigmoid,
} from '../../../sdk/src/testing/models.js';
import { runVae as run } from '../testing/run-vae.js';

let model: string;
let folder: string;
const at = (name: string) => join(folder, name);

/** Images and the means that the model gives them. */
const count = 60;
const images: Tensor = {
  data: uniform({ seed: 1, stream: 'images' }, count * 6),
  shape: [count, ...dataShape],
};
const means = Array.from({ length: count }, (_, n) =>
  encodeByHand(images.data.subarray(n * 6, n * 6 + 6)).slice(0, 2),
);

beforeAll(async () => {
  model = await modelFolder({ fields: { prior: { kind: 'standard-normal', kl: [1, 2] } } });
  writeFileSync(join(model, 'README.md'), '# tiny');
  folder = mkdtempSync(join(tmpdir(), 'vae-fit-'));
  writeFileSync(at('images.npy'), encodeNpy(images));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  process.exitCode = 0;
});

const fit = (...argv: string[]) => run('fit', model, at('images.npy'), '--seed', '3', ...argv);
const manifestIn = (path: string) => parseManifest(readFileSync(join(path, 'vae.json'), 'utf8'), path);

describe('vae fit', () => {
  it('writes a copy of the model with a mixture of the means', async () => {
    const before = readFileSync(join(model, 'vae.json'), 'utf8');
    const { code, stdout, stderr } = await fit('--components', '2', '-o', at('fitted'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(at('fitted')).sort()).toEqual([
      'README.md',
      'decoder.onnx',
      'encoder.onnx',
      'vae.json',
    ]);
    const { prior, ...rest } = manifestIn(at('fitted'));
    const { prior: _, ...others } = manifestIn(model);
    expect(rest).toEqual(others);
    expect(prior).toMatchObject({ kind: 'standard-normal', kl: [1, 2] });
    const expected = fitMixture(means, { components: 2, seed: 3 }).mixture;
    for (const key of ['weights', 'mean', 'cholesky'] as const) {
      const numbers = prior!.mixture![key].flat();
      for (const [i, value] of expected[key].flat().entries()) expect(numbers[i]).toBeCloseTo(value, 4);
    }
    expect(stdout).toContain(`Wrote ${at('fitted')}: a mixture of 2 Gaussians over 2 dimensions`);
    expect(readFileSync(join(model, 'vae.json'), 'utf8')).toBe(before);
  });

  it('says how likely the means are, in nats, beside the prior', async () => {
    const result = JSON.parse((await fit('--components', '2', '-o', at('json'), '--json')).stdout);
    expect(result).toMatchObject({
      output: at('json'),
      count,
      components: 2,
      seed: 3,
      data: at('images.npy'),
    });
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / count;
    const standard = means.map(([a, b]) => -(a! ** 2 + b! ** 2) / 2 - Math.log(2 * Math.PI));
    expect(result.priorLogLikelihood).toBeCloseTo(mean(standard), 5);
    const { mixture } = manifestIn(at('json')).prior!;
    expect(result.logLikelihood).toBeCloseTo(mean(mixtureLogProb(means, mixture!)), 3);
    expect(result.logLikelihood).toBeGreaterThan(result.priorLogLikelihood);
  });

  it('may be a single Gaussian', async () => {
    const { stdout } = await fit('--components', '1', '-o', at('one'));
    expect(stdout).toContain(': a mixture of 1 Gaussian over 2 dimensions,');
  });

  it('is what vae sample draws from', async () => {
    await fit('--components', '3', '-o', at('three'));
    const argv = ['-n', '4', '--seed', '5', '--sampler', 'mixture', '-o', at('x.npy')];
    expect(await run('sample', at('three'), ...argv)).toMatchObject({ code: 0, stderr: '' });
    const z = mixtureSample(4, manifestIn(at('three')).prior!.mixture!, { seed: 5 });
    const pixels = [0, 1, 2, 3].flatMap((n) => logitsByHand(z.data.subarray(2 * n, 2 * n + 2)).map(sigmoid));
    const { data } = decodeNpy(readFileSync(at('x.npy')));
    expect((await run('info', at('three'))).stdout).toMatch(
      /^prior {7}standard-normal, mixture of 3 Gaussians, KL per dimension /m,
    );
    for (const [i, value] of pixels.entries()) expect(data[i]).toBeCloseTo(value, 5);
    expect((await run('sample', model, ...argv)).stderr).toMatch(/holds no fitted mixture.*\n$/);
  });

  it('changes the model itself only with --overwrite, and then its manifest alone', async () => {
    cpSync(model, at('own'), { recursive: true });
    const argv = ['fit', at('own'), at('images.npy'), '--components', '2', '--seed', '3'];
    expect((await run(...argv)).stderr).toBe(
      'fit: add -o with a folder for a copy of the model, or --overwrite to change the model itself.\n',
    );
    expect(manifestIn(at('own')).prior?.mixture).toBeUndefined();
    const decoder = readFileSync(join(at('own'), 'decoder.onnx'));
    expect(await run(...argv, '--overwrite')).toMatchObject({ code: 0 });
    expect(manifestIn(at('own')).prior?.mixture?.weights).toHaveLength(2);
    expect(readFileSync(join(at('own'), 'decoder.onnx'))).toEqual(decoder);
  });

  it('replaces a model folder, and no other, with --overwrite', async () => {
    await fit('--components', '2', '-o', at('again'));
    expect((await fit('--components', '2', '-o', at('again'))).stderr).toContain('is not empty');
    expect(await fit('--components', '3', '-o', at('again'), '--overwrite')).toMatchObject({ code: 0 });
    expect(manifestIn(at('again')).prior?.mixture?.weights).toHaveLength(3);
    writeFileSync(join(at('again'), 'notes.txt'), 'mine');
    expect((await fit('--components', '2', '-o', at('again'), '--overwrite')).stderr).toContain(
      'holds "notes.txt"',
    );
  });

  it('needs ten inputs for each component', async () => {
    const { code, stderr } = await fit('--components', '7', '-o', at('never'));
    expect([code, stderr]).toEqual([
      2,
      'fit: got 60 inputs, expected at least 70 for 7 Gaussians over 2 dimensions; give more inputs or fewer --components.\n',
    ]);
    expect(existsSync(at('never'))).toBe(false);
  });

  it('refuses what does not go together', async () => {
    expect((await fit('--data', 'digits', '-o', at('never'))).stderr).toMatch(
      /^--data digits and the input /,
    );
    expect((await run('fit', model, '-o', at('never'))).stderr).toBe(
      'The model does not say what it was trained on; name data with --data, or give files.\n',
    );
    expect((await run('fit', model, '--data', 'digits', '-o', at('never'))).stderr).toContain(
      '--data digits has images of 1 × 28 × 28 (C × H × W), the model takes 1 × 2 × 3;',
    );
  });
});
