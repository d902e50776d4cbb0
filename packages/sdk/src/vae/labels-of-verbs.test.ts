import { describe, expect, it } from 'vitest';
import { decodeByHand, encodeByHand, oneHot, plainEncoder } from '../testing/conditional.js';
import { decoded, meansOf, petsLoader, rowsOf, tensorOf, xs, zs } from '../testing/pets.js';
import { collect, joined } from '../testing/tiny.js';

const load = petsLoader();

describe('each verb', () => {
  it('encodes with the label of the data', async () => {
    const vae = await load();
    const label = [0, 1, 2, 1, 0];
    const { mean, logvar } = await vae.encode(xs, { label });
    expect(mean).toEqual(meansOf(xs, (row) => label[row]!));
    const logvars = xs.map((x, row) => encodeByHand(x, oneHot(label[row]!)).slice(2));
    expect(logvar).toEqual(tensorOf(logvars));
    const stats = await vae.encodeStats(xs, { label: 'owl' });
    const means = rowsOf(meansOf(xs, () => 2));
    expect(stats.mean[0]).toBeCloseTo(means.reduce((sum, [first]) => sum + first!, 0) / 5, 6);
  });

  it('reconstructs with one label at both ends', async () => {
    const vae = await load();
    const label = [2, 2, 0, 1, 0];
    const expected = decoded(rowsOf(meansOf(xs, (row) => label[row]!)), (row) => label[row]!);
    expect(await vae.reconstruct(xs, { label })).toEqual(expected);
  });

  it('needs no label for an encoder that takes none', async () => {
    const vae = await load({ encoder: plainEncoder() });
    const { mean } = await vae.encode(xs);
    expect(await vae.encode(xs, { label: 1 })).toEqual(await vae.encode(xs));
    expect(await vae.reconstruct(xs, { label: 'dog' })).toEqual(decoded(rowsOf(mean), () => 1));
    const walk = await vae.interpolate(xs[0]!, xs[1]!, { from: 'data', steps: 2, label: [0, 2] });
    expect(walk).toEqual(decoded(rowsOf(mean).slice(0, 2), (row) => [0, 2][row]!));
    expect(await vae.takesLabels('encoder')).toBe(false);
    expect(await vae.takesLabels('decoder')).toBe(true);
    expect(await (await load()).takesLabels('encoder')).toBe(true);
    await expect(vae.encode(xs, { label: 'bird' })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('starts from data without their label where the encoder takes none', async () => {
    const vae = await load({ encoder: plainEncoder() });
    const { mean } = await vae.encode(xs);
    const [a, b, c] = rowsOf(mean) as [number[], number[], number[]];
    const from = 'data';
    const likeness = await vae.similar(xs, { from, n: 1, amount: 0, seed: 1, label: [2, 0, 1, 1, 0] });
    expect(likeness).toEqual(decoded(rowsOf(mean), (row) => [2, 0, 1, 1, 0][row]!));
    const sum = a.map((value, i) => value - b[i]! + c[i]!);
    const three = [xs[0]!, xs[1]!, xs[2]!] as const;
    expect(await vae.arithmetic(...three, { from, label: 'owl' })).toEqual(decoded([sum], () => 2));
    const moved = await vae.traverse(xs[0]!, { from, dimension: 1, range: [0, 1], steps: 2, label: [0, 1] });
    const moves = [0, 1].map((step) => [a[0]!, step]);
    expect(moved).toEqual(decoded(moves, (row) => row));
    const path = await vae.interpolatePath(xs, { from, steps: 2, label: [0, 1, 2, 0, 1] });
    expect(path).toEqual(decoded(rowsOf(mean), (row) => [0, 1, 2, 0, 1][row]!));
    const scores = await vae.anomalyScore([xs[4]!], { draws: 1, noise: new Float32Array(2), label: 1 });
    const x = decodeByHand(rowsOf(mean)[4]!, oneHot(1));
    // Item, means and log-variances are zeros, so that there is no KL.
    const squares = x.reduce((total, value) => total + value ** 2, 0);
    expect(scores[0]).toBeCloseTo(0.5 * (squares + 4 * Math.log(2 * Math.PI)), 5);
    expect((await vae.encodeStats(xs)).mean).toHaveLength(2);
  });

  it('samples, walks and moves with a label for all or for each result', async () => {
    const vae = await load();
    const dogs = await vae.sample(4, { seed: 1, label: 'dog' });
    const cats = await vae.sample(4, { seed: 1, label: 0 });
    // A class moves the latents by its shift, which the decoder carries through.
    const [from, to] = [decodeByHand([0, 0], oneHot(0)), decodeByHand([0, 0], oneHot(1))];
    for (const [i, value] of dogs.data.entries()) {
      expect(value - cats.data[i]!).toBeCloseTo(to[i % 4]! - from[i % 4]!, 5);
    }
    const each = await vae.sample(4, { seed: 1, label: [1, 0, 0, 1] });
    expect(rowsOf(each)).toEqual([0, 1, 2, 3].map((row) => rowsOf([1, 2].includes(row) ? cats : dogs)[row]));
    const path = [
      [0, 0],
      [0.5, 1],
      [1, 2],
    ];
    const walk = { steps: 3, label: ['cat', 'dog', 'owl'] };
    expect(await vae.interpolate([0, 0], [1, 2], walk)).toEqual(decoded(path, (row) => row));
    const frames = await collect(vae.interpolate([0, 0], [1, 2], { ...walk, stream: true }));
    expect(joined(frames)).toEqual(decoded(path, (row) => row));
    expect(await vae.interpolatePath(path, { ...walk, steps: 2 })).toEqual(decoded(path, (row) => row));
    const corners = [...path, [4, 4]];
    expect(await vae.interpolateGrid(corners, { rows: 2, columns: 2, label: 1 })).toEqual(
      decoded(corners, () => 1),
    );
    const moved = await vae.traverse([0, 0], { dimension: 0, range: [-1, 1], steps: 3, label: 2 });
    const moves = [-1, 0, 1].map((step) => [step, 0]);
    expect(moved).toEqual(decoded(moves, () => 2));
  });

  it('streams long walks with the labels of their frames', async () => {
    const vae = await load();
    const label = Array.from({ length: 40 }, (_, i) => i % 3);
    const options = { steps: 40, label };
    const frames = await collect(vae.interpolate([0, 0], [1, 1], { ...options, stream: true }));
    expect(joined(frames)).toEqual(await vae.interpolate([0, 0], [1, 1], options));
  });

  it('gives neighbours the label of their item', async () => {
    const vae = await load();
    const same = await vae.similar(zs.slice(0, 2), { n: 2, amount: 0, seed: 1, label: [2, 0] });
    const twice = [zs[0]!, zs[0]!, zs[1]!, zs[1]!];
    expect(same).toEqual(decoded(twice, (row) => [2, 2, 0, 0][row]!));
    const kept = { from: 'data', n: 1, amount: 0, seed: 1 } as const;
    const other = await vae.similar(xs, { ...kept, label: 1, fromLabel: [0, 1, 2, 0, 1] });
    expect(other).toEqual(decoded(rowsOf(meansOf(xs, (row) => row % 3)), () => 1));
    expect(await vae.similar(xs, { ...kept, label: [0, 1, 2, 0, 1] })).toEqual(
      await vae.reconstruct(xs, { label: [0, 1, 2, 0, 1] }),
    );
  });

  it('starts from data of one class and decodes another', async () => {
    const vae = await load();
    const [a, b] = [xs[0]!, xs[3]!];
    const ends = rowsOf(meansOf([a, b], (row) => row));
    const options = { from: 'data', steps: 2, fromLabel: ['cat', 'dog'] } as const;
    expect(await vae.interpolate(a, b, { ...options, label: 2 })).toEqual(decoded(ends, () => 2));
    const same = rowsOf(meansOf([a, b], () => 2));
    expect(await vae.interpolate(a, b, { from: 'data', steps: 2, label: 2 })).toEqual(decoded(same, () => 2));
    const sum = await vae.arithmetic(a, b, xs[1]!, { from: 'data', label: 0, fromLabel: [0, 1, 2] });
    const [p, q, r] = rowsOf(meansOf([a, b, xs[1]!], (row) => row)) as [number[], number[], number[]];
    expect(sum).toEqual(decoded([p.map((value, i) => value - q[i]! + r[i]!)], () => 0));
    await expect(vae.interpolate(a, b, { from: 'data', steps: 2, label: [1, 2] })).rejects.toThrow(
      'interpolate label: a list has one for each result; pass those of the data that are encoded as fromLabel.',
    );
    await expect(vae.interpolate(a, b, { ...options, fromLabel: [0, 1, 2], label: 0 })).rejects.toThrow(
      'interpolate fromLabel: 3 labels came for 2 items',
    );
  });

  it('scores an item by its label', async () => {
    const vae = await load();
    const label = [0, 2];
    const noise = new Float32Array(4);
    const scores = await vae.anomalyScore(xs.slice(0, 2), { label, draws: 1, noise });
    // With noise of 0 the draw is the mean: squared error and KL, by the formulas.
    for (const [row, score] of scores.entries()) {
      const [m0, m1, v0, v1] = encodeByHand(xs[row]!, oneHot(label[row]!)) as [
        number,
        number,
        number,
        number,
      ];
      const x = decodeByHand([m0, m1], oneHot(label[row]!));
      const error = xs[row]!.reduce((sum, value, i) => sum + (value - x[i]!) ** 2, 0);
      const reconstruction = 0.5 * (error + 4 * Math.log(2 * Math.PI));
      const kl = 0.5 * (m0 ** 2 + m1 ** 2 + Math.exp(v0) + Math.exp(v1) - v0 - v1 - 2);
      expect(score).toBeCloseTo(reconstruction + kl, 4);
    }
  });
});
