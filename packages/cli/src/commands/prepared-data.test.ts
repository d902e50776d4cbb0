import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import type { Manifest } from '@vae/sdk/manifest';
import { decodeNpy, decodePng, encodeNpy, encodePng, type Picture, type Tensor } from '@vae/sdk/media';
import { normal, normal as standardNormal, uniform } from '@vae/sdk/random';
import { loadRuntime } from '@vae/sdk/runtime';
import { openDataset, parseRecipe, type RecipeInput, train } from '@vae/trainer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runVae } from '../testing/run-vae.js';

// Models that the trainer made of data that it scaled, used by commands and SDK on the data as they are.

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-prepared-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = 0;
});

async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVae(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const evaluated = async (...argv: string[]) =>
  JSON.parse(await done('eval', ...argv, '--json')) as Record<'bound' | 'kl' | 'samples', number>;

async function trained(source: string, out: string, changes: Partial<RecipeInput> = {}): Promise<string> {
  const input: RecipeInput = {
    name: out,
    data: { source },
    model: {
      latent: 2,
      encoder: ['flatten', { type: 'dense', units: 8 }, 'tanh'],
      decoder: [{ type: 'dense', units: 8 }, 'tanh', { type: 'dense', units: 'data' }],
    },
    optimizer: { type: 'adam', learningRate: 0.01 },
    batch: 8,
    epochs: 2,
    seed: 3,
    ...changes,
  };
  const dataset = await openDataset(source, { seed: 3 });
  await train({ recipe: parseRecipe(input, out), dataset, out: at(out), threads: 1 });
  await dataset.close?.();
  return join(at(out), 'vae');
}

/** Rows of a person's height in centimetres, income, and share of something. */
const names = ['height', 'income', 'share'];
const rows = Array.from({ length: 40 }, (_, i) => {
  const [a, b, c] = normal({ seed: 5, stream: 'rows', index: i }, 3);
  return [172 + 9 * a!, 30_000 + 12_000 * b!, 0.02 + 0.001 * c!].map(Math.fround);
});
const table: Tensor = { data: Float32Array.from(rows.flat()), shape: [40, 3] };

describe.each([
  ['minmax', { type: 'gaussian', variance: 0.1 }],
  ['standard', { type: 'gaussian', variance: 0.5 }],
  ['minmax', 'bernoulli'],
] as const)('a model of a table with normalize=%s, %j', (normalize, likelihood) => {
  let model: string;
  let manifest: Manifest;
  let csv: string;
  beforeAll(async () => {
    csv = at('people.csv');
    writeFileSync(csv, [names, ...rows].map((row) => row.join(',')).join('\n'));
    const kind = typeof likelihood === 'string' ? likelihood : likelihood.type;
    model = await trained(`csv:${csv}?normalize=${normalize}&test=0.25`, `${normalize}-${kind}`, {
      likelihood,
    });
    manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    writeFileSync(at('rows.npy'), encodeNpy(table));
  });

  /** (value - offset) / scale, cut off at the clip, of every row, from the manifest's numbers. */
  const byHand = (): Float32Array => {
    const { offset, scale, clip = [-1e300, 1e300] } = manifest.data.preprocess!.normalize!;
    return table.data.map((value, i) =>
      Math.min(clip[1], Math.max(clip[0], (value - offset[i % 3]) / scale[i % 3])),
    );
  };

  const bare = async (half: 'encoder' | 'decoder', input: Tensor) => {
    const runtime = await loadRuntime({ device: 'cpu' });
    const session = await runtime.createSession(readFileSync(join(model, `${half}.onnx`)));
    const result = await session.run({ [half === 'encoder' ? 'x' : 'z']: input });
    await session.release();
    return result as Record<string, Tensor>;
  };

  it('encodes and decodes rows in their own units, as a bare session does scaled ones', async () => {
    const { mean } = await bare('encoder', { data: byHand(), shape: [40, 3] });
    const { x, logits } = await bare('decoder', mean!);
    const { offset, scale } = manifest.data.preprocess!.normalize!;
    const inUnits = x!.data.map((value, i) => value * scale[i % 3] + offset[i % 3]);
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const encoded = await vae.encode(rows);
    const again = await vae.decode(encoded.mean);
    for (const [i, value] of mean!.data.entries()) expect(encoded.mean.data[i]).toBeCloseTo(value, 5);
    for (const [i, value] of inUnits.entries()) {
      expect(Math.abs(again.data[i] - value) / scale[i % 3]).toBeLessThan(1e-4);
    }
    // Once more where the numbers are: heights near 172, not near 0 or 1.
    expect(Math.abs(again.data[0] - 172)).toBeLessThan(40);
    if (logits) {
      const found = await vae.decode(encoded.mean, { logits: true });
      for (const [i, value] of logits.data.entries()) expect(found.data[i]).toBeCloseTo(value, 4);
    }
    await done('encode', model, at('rows.npy'), '-o', at('z.npy'));
    expect(decodeNpy(readFileSync(at('z.npy')))).toEqual(encoded.mean);
    await done('reconstruct', model, at('rows.npy'), '-o', at('again.npy'));
    expect(decodeNpy(readFileSync(at('again.npy'))).data).toEqual(again.data);
  });

  it('is judged in the scale of training, once scaled, however the rows come', async () => {
    const x = byHand();
    const { mean, logvar } = await bare('encoder', { data: x, shape: [40, 3] });
    const noise = Array.from({ length: 40 }, (_, i) => [
      ...standardNormal({ seed: 0, stream: 'reparameterize', index: i }, 2),
    ]).flat();
    const z = mean!.data.map((value, i) => value + Math.exp(logvar!.data[i] / 2) * noise[i]);
    const decoded = await bare('decoder', { data: z, shape: [40, 2] });
    let bound = 0;
    for (const [i, m] of mean!.data.entries()) {
      const l = logvar!.data[i];
      bound -= (Math.exp(l) + m * m - 1 - l) / 2;
    }
    for (const [i, value] of x.entries()) {
      if (likelihood === 'bernoulli') {
        const logit = decoded.logits!.data[i];
        bound += value * logit - Math.log1p(Math.exp(logit));
      } else {
        const { variance } = likelihood;
        bound -= (value - decoded.x!.data[i]) ** 2 / variance / 2 + Math.log(2 * Math.PI * variance) / 2;
      }
    }
    const fromFile = await evaluated(model, at('rows.npy'));
    expect(fromFile.samples).toBe(40);
    expect(fromFile.bound).toBeCloseTo(bound / 40, 3);
    const held = await evaluated(model, '--data', `csv:${csv}?normalize=${normalize}&test=0.25`);
    expect(held.samples).toBe(10);
    // The same items, opened as they are: the model knows how to scale them.
    expect(await evaluated(model, '--data', `csv:${csv}?test=0.25`)).toMatchObject({ bound: held.bound });
    const { test } = manifest.metrics!;
    // Other noise than the trainer's: both are means over ten items of one draw each.
    expect(Math.abs(held.bound - test!.bound!)).toBeLessThan(2);
  });

  it('fits a mixture to what encode gives', async () => {
    const words = ['--components', '1', '--seed', '1', '-o', at(`fitted-${normalize}`), '--overwrite'];
    await done('fit', model, '--data', `csv:${csv}?normalize=${normalize}&test=0.25`, ...words);
    const fitted = JSON.parse(readFileSync(join(at(`fitted-${normalize}`), 'vae.json'), 'utf8')) as Manifest;
    const { train } = await openDataset(`csv:${csv}?test=0.25`, { seed: 3 });
    const raw = new Float32Array(90);
    await train.read([...Array(30).keys()], raw);
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const { mean } = await vae.encode({ data: raw, shape: [30, 3] });
    const centre = [0, 1].map(
      (d) => mean.data.reduce((sum, value, i) => sum + (i % 2 === d ? value : 0), 0) / 30,
    );
    for (const d of [0, 1]) expect(fitted.prior!.mixture!.mean[0][d]).toBeCloseTo(centre[d], 4);
  });
});

describe('a model of a folder of photos', () => {
  let model: string;
  const sizes = [
    [60, 40],
    [30, 90],
    [33, 32],
  ] as const;
  const photo = (width: number, height: number, index: number): Picture => ({
    width,
    height,
    channels: 3,
    data: Uint8Array.from(
      uniform({ seed: 2, stream: 'photo', index }, 3 * width * height),
      (value, i) => 120 * value + 60 * Math.sin(i / 200) + 64,
    ),
  });
  beforeAll(async () => {
    for (const name of ['cats', 'dogs/small']) mkdirSync(at(`photos/${name}`), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const [width, height] = sizes[i % 3];
      const name = `photos/${i < 6 ? 'cats' : 'dogs/small'}/${100 + i}.png`;
      writeFileSync(at(name), encodePng(photo(width, height, i)));
    }
    model = await trained(`images:${at('photos')}?size=16x12`, 'photo-model');
  });

  it('takes photos of any size and folders in folders, as training did', async () => {
    await done('encode', model, at('photos'), '-o', at('photos.npy'));
    const { train } = await openDataset(`images:${at('photos')}?size=16x12`, { seed: 0 });
    const data = new Float32Array(12 * 3 * 16 * 12);
    await train.read([...Array(12).keys()], data);
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const { mean } = await vae.encode({ data, shape: [12, 3, 16, 12] });
    const found = decodeNpy(readFileSync(at('photos.npy')));
    expect(found.shape).toEqual([12, 2]);
    // Bytes are off by 2 of 255 at most.
    for (const [i, value] of mean.data.entries()) expect(Math.abs(found.data[i] - value)).toBeLessThan(0.02);
    const [one] = [at('photos/cats/100.png'), at('photos/dogs/small/110.png')];
    expect((await vae.encode(one)).mean.data).toEqual(found.data.slice(0, 2));
    expect((await vae.encode(decodePng(readFileSync(one)))).mean.data).toEqual(found.data.slice(0, 2));
  });

  it('interpolates, reconstructs and is judged on them', async () => {
    const [from, to] = [at('photos/cats/100.png'), at('photos/dogs/small/110.png')];
    await done('interpolate', model, from, to, '--steps', '3', '-o', at('walk.npy'));
    await done('reconstruct', model, from, to, '-o', at('ends.npy'));
    const [walk, ends] = ['walk', 'ends'].map((name) => decodeNpy(readFileSync(at(`${name}.npy`))));
    expect(walk!.shape).toEqual([3, 3, 16, 12]);
    expect(walk!.data.slice(0, 576)).toEqual(ends!.data.slice(0, 576));
    expect((await evaluated(model, at('photos'))).samples).toBe(12);
    await done('traverse', model, from, '--steps', '2', '-o', at('rows.png'));
  });

  it('takes them as --fit says, and tells what is done', async () => {
    const { code, stderr } = await runVae(
      'encode',
      model,
      at('photos'),
      '--fit',
      'exact',
      '-o',
      at('no.npy'),
    );
    expect([code, stderr]).toEqual([
      2,
      `"${at('photos/cats/100.png')}" is 60 × 40 pixels, the model takes 12 × 16; add --fit cover (or contain, or fill), or scale the image first.\n`,
    ]);
    await done('encode', model, at('photos'), '--fit', 'contain', '-o', at('contained.npy'));
    expect(decodeNpy(readFileSync(at('contained.npy'))).data).not.toEqual(
      decodeNpy(readFileSync(at('photos.npy'))).data,
    );
    expect(await done('info', model)).toMatch(
      /^pictures +any size, cut and scaled to 12 × 16 \(lanczos3\)$/m,
    );
  });
});
