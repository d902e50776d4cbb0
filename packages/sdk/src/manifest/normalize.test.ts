import { describe, expect, it } from 'vitest';
import { dataShape, encodeByHand, logitsByHand, modelBytes, sigmoid } from '../testing/models.js';
import { VAE } from '../vae/vae.js';
import { denormalized, normalized } from './normalize.js';

/** Six columns whose units differ; the last never changed while training. */
const offset = [-100, 0, 1e6, 0.001, 5, 42];
const scale = [200, 255, 10, 0.003, -2, 0];
const rule = { offset, scale };
const raw = Float32Array.of(-60, 51, 1_000_004, 0.0017, 3.5, 42);
/** (value - offset) / scale of the float32 values, in double precision. */
const own = Array.from(raw, (value, d) => (d === 5 ? 0 : (value - offset[d]!) / scale[d]!));

const load = (normalize: object, fields: object = {}) =>
  VAE.load(
    modelBytes({
      fields: {
        data: { kind: 'vector', shape: dataShape, range: [0, 1], preprocess: { normalize, ...fields } },
      },
    }),
    { device: 'wasm' },
  );

const close = (found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5) =>
  expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(tolerance);

describe('normalisation', () => {
  it('is (value - offset) / scale, rounded once, for each item', () => {
    const twice = Float32Array.from([...raw, ...raw]);
    expect([...normalized(twice, rule)]).toEqual([...own, ...own].map(Math.fround));
  });

  it('cuts off at the clip, and only there', () => {
    const values = Float32Array.of(-50, 300, 20);
    const one = { offset: [0], scale: [100] };
    expect([...normalized(values, one)]).toEqual([-0.5, 3, 0.2].map(Math.fround));
    expect([...normalized(values, { ...one, clip: [0, 1] })]).toEqual([0, 1, 0.2].map(Math.fround));
  });

  it('gives 0 for what never changed, and its offset back', () => {
    const constant = { offset: [42], scale: [0] };
    expect([...normalized(Float32Array.of(42, 7), constant)]).toEqual([0, 0]);
    expect([...denormalized(Float32Array.of(0, 0.3), constant)]).toEqual([42, 42]);
  });

  it('comes back within the rounding of float32', () => {
    const back = denormalized(normalized(raw, rule), rule);
    for (const [d, value] of raw.entries()) {
      expect(Math.abs(back[d]! - value)).toBeLessThanOrEqual(2 ** -23 * Math.abs(value));
    }
  });
});

describe('a model of normalised data', () => {
  it('takes and gives values in their own units, and logits as they are', async () => {
    await using vae = await load(rule);
    const { mean } = await vae.encode(raw);
    close(mean.data, encodeByHand(own).slice(0, 2));
    const z = [0.5, -1];
    const logits = logitsByHand(z);
    const expected = logits.map((logit, d) => sigmoid(logit) * scale[d]! + offset[d]!);
    const units = scale.map((value) => Math.max(1e-9, Math.abs(value)));
    const inUnits = (values: ArrayLike<number>) =>
      units.map((unit, d) => (values[d]! - expected[d]!) / (unit + Math.abs(expected[d]!)));
    close(inUnits((await vae.decode(z)).data), [0, 0, 0, 0, 0, 0], 1e-6);
    close((await vae.decode(z, { logits: true })).data, logits);
    const again = await vae.reconstruct(raw);
    expect([...again.data]).toEqual([...(await vae.decode(mean)).data]);
    const walk = await vae.interpolate(mean, mean, { steps: 2 });
    expect([...walk.data.subarray(0, 6)]).toEqual([...again.data]);
  });

  it('refuses what lies outside the range of training, in its own units, unless training cut it off', async () => {
    const values = raw.slice();
    values[1] = 300;
    await using strict = await load(rule);
    await expect(strict.encode(values)).rejects.toThrow(
      'encode: element [0, 0, 0, 1] is 300, outside the range 0 to 255 that the model was trained on there.',
    );
    await expect(strict.encode(values.fill(Number.POSITIVE_INFINITY, 1, 2))).rejects.toThrow(
      'encode: element [0, 0, 0, 1] is Infinity; every value has to be finite.',
    );
    await using clipping = await load({ ...rule, clip: [0, 1] });
    const top = own.slice();
    top[1] = 1;
    close((await clipping.encode(values.fill(300, 1, 2))).mean.data, encodeByHand(top).slice(0, 2));
  });

  it('thresholds what comes out of it', async () => {
    await using vae = await load(rule, { binarize: 0.5 });
    const bits = own.map((value) => Number(value > 0.5));
    expect(bits).toContain(1);
    close((await vae.encode(raw)).mean.data, encodeByHand(bits).slice(0, 2));
  });

  it('is used as its graphs are with normalized: true', async () => {
    await using vae = await load(rule);
    const x = Float32Array.from(own);
    close((await vae.encode(x, { normalized: true })).mean.data, encodeByHand(own).slice(0, 2));
    close((await vae.decode([0.5, -1], { normalized: true })).data, logitsByHand([0.5, -1]).map(sigmoid));
    await expect(vae.encode(raw, { normalized: true })).rejects.toThrow('is -60, outside the range 0 to 1');
    await expect(vae.decode([0, 0], { normalized: 1 as never })).rejects.toThrow(
      'decode: normalized is 1, expected true or false.',
    );
  });

  it('scores anomalies in the scale of training', async () => {
    const gaussian = { kind: 'gaussian', output: 'x', variance: 0.5 };
    const plain = modelBytes({ fields: { likelihood: gaussian } });
    const { data } = plain.manifest;
    const scaled = { ...data, preprocess: { normalize: rule } };
    await using one = await VAE.load(plain, { device: 'wasm' });
    await using other = await VAE.load(modelBytes({ fields: { likelihood: gaussian, data: scaled } }), {
      device: 'wasm',
    });
    const options = { seed: 3, draws: 2 };
    expect(await other.anomalyScore({ data: raw, shape: dataShape }, options)).toEqual(
      await one.anomalyScore({ data: Float32Array.from(own), shape: dataShape }, options),
    );
  });
});
