import { writeFile } from 'node:fs/promises';
import { reparameterize } from '@vae/sdk/latent';
import { describe, expect, it } from 'vitest';
import {
  conditionalDecoder,
  conditionalEncoder,
  conditionalFields,
  decodeByHand,
  encodeByHand,
  oneHot,
  plainEncoder,
} from '../../../sdk/src/testing/conditional.js';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { at } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

const decoder = conditionalDecoder();
const fields = conditionalFields;
const pets = await modelFolder({ encoder: conditionalEncoder(), decoder, fields });
/** Its encoder is told no labels. */
const plain = await modelFolder({ encoder: plainEncoder(), decoder, fields });

const rows = [
  [0, 1, 0.5, 0.25],
  [1, 1, 0, 2],
  [0.5, 0, 0, -1],
];

/** A table of these rows, with a column of classes; gives its spec. */
async function table(name: string, classes: readonly string[], items = rows): Promise<string> {
  const lines = items.map((row, n) => [...row, classes[n]].join());
  await writeFile(at(name), ['a,b,c,d,kind', ...lines, ''].join('\n'));
  return `csv:${at(name)}?label=kind`;
}

/** Bound and KL of the rows, by the formulas, with the draws that `eval` makes of seed 0. */
function judged(labels: readonly number[], encode = encodeByHand) {
  const posteriors = rows.map((row, n) => encode(row, oneHot(labels[n])));
  const both = (from: number) => ({
    data: Float32Array.from(posteriors.flatMap((values) => values.slice(from, from + 2))),
    shape: [rows.length, 2],
  });
  const z = reparameterize({ mean: both(0), logvar: both(2) }, { seed: 0 }).data;
  const losses = rows.map((row, n) => {
    const x = decodeByHand([...z.subarray(2 * n, 2 * n + 2)], oneHot(labels[n]));
    const error = row.reduce((sum, value, i) => sum + (value - x[i]) ** 2, 0);
    return 0.5 * (error + 4 * Math.log(2 * Math.PI));
  });
  const kls = posteriors.map(
    ([a, b, v, w]) => 0.5 * (a ** 2 + b ** 2 + Math.exp(v) + Math.exp(w) - v - w - 2),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { bound: -mean(losses) - mean(kls), kl: mean(kls) };
}

const evaluated = async (...words: string[]) =>
  JSON.parse((await runVae('eval', ...words, '--json')).stdout) as { bound: number; kl: number };

describe('vae eval of a conditional model', () => {
  it('takes the label of each item from the data, by the names of the classes', async () => {
    const found = await evaluated(pets, '--data', await table('three.csv', ['owl', 'cat', 'dog']));
    const expected = judged([2, 0, 1]);
    expect(found.bound).toBeCloseTo(expected.bound, 4);
    expect(found.kl).toBeCloseTo(expected.kl, 5);
    // Data of some of the classes number them otherwise.
    const some = await evaluated(pets, '--data', await table('some.csv', ['owl', 'owl', 'dog']));
    expect(some.bound).toBeCloseTo(judged([2, 2, 1]).bound, 4);
  });

  it('says that it judges an item given its class', async () => {
    const spec = await table('three.csv', ['owl', 'cat', 'dog']);
    const { stdout } = await runVae('eval', pets, '--data', spec, '--draws', '2');
    expect(stdout).toMatch(/\nlog p\(x\|y\) +-?\d+\.\d\d, by 2 draws each\n/);
  });

  it('tells the decoder alone where the encoder takes no label', async () => {
    const found = await evaluated(plain, '--data', await table('three.csv', ['owl', 'cat', 'dog']));
    const unshifted = (row: readonly number[]) => encodeByHand(row, [0, 0, 0]);
    expect(found.bound).toBeCloseTo(judged([2, 0, 1], unshifted).bound, 4);
  });

  it('takes one class for all with --label, also of files', async () => {
    const spec = await table('three.csv', ['owl', 'cat', 'dog']);
    const { bound } = judged([1, 1, 1]);
    expect((await evaluated(pets, '--data', spec, '--label', 'dog')).bound).toBeCloseTo(bound, 4);
    const columns = `csv:${at('three.csv')}?drop=kind`;
    expect((await evaluated(pets, columns, '--label', '1')).bound).toBeCloseTo(bound, 4);
  });

  it('refuses data without labels or with other classes, and says what to do', async () => {
    const without = await runVae('eval', pets, '--data', `csv:${at('three.csv')}?drop=kind`);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain(
      '?drop=kind has no labels, and the model is conditioned on them: the classes cat, dog, owl. Choose data with labels, ' +
        'such as "csv:FILE?label=COLUMN" or images:DIR with a folder for each class, or give the class of all items with --label.',
    );
    const other = await runVae('eval', pets, '--data', await table('bird.csv', ['owl', 'bird', 'cat']));
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      'has a class "bird", the model has the classes cat, dog, owl. Choose data of the model\'s classes, or give the class',
    );
    const files = await runVae('eval', pets, `csv:${at('three.csv')}?drop=kind`);
    expect(files.code).toBe(2);
    expect(files.stderr).toContain(
      'does not bring along. Say with --label which class all items are of; it has the classes cat, dog, owl. Or name data with ' +
        'labels in place of the files, such as --data "csv:FILE?label=COLUMN"',
    );
  });
});

describe('vae fit of a conditional model', () => {
  const many = Array.from({ length: 60 }, (_, n) => [n % 4, (n % 7) / 2, (n % 5) / 4, n % 3]);
  const kinds = many.map((_, n) => ['cat', 'dog', 'owl'][n % 3]);
  /** Mean of the means, which that of a fitted single Gaussian is. */
  const centre = (encode: (row: readonly number[], n: number) => number[]) =>
    [0, 1].map((d) => many.reduce((sum, row, n) => sum + encode(row, n)[d], 0) / many.length);
  const fitted = async (model: string, spec: string, name: string) => {
    await done('fit', model, '--data', spec, '--components', '1', '--seed', '1', '-o', at(name), '--json');
    const { default: manifest } = await import(at(`${name}/vae.json`), { with: { type: 'json' } });
    return manifest.prior.mixture.mean[0] as number[];
  };

  it('encodes each item with its label, or without any where the encoder takes none', async () => {
    const spec = await table('many.csv', kinds, many);
    const mean = await fitted(pets, spec, 'fitted');
    const expected = centre((row, n) => encodeByHand(row, oneHot(n % 3)));
    for (const [d, value] of expected.entries()) expect(mean[d]).toBeCloseTo(value, 5);
    const unlabelled = await fitted(plain, spec.replace('label=', 'drop='), 'fitted-plain');
    const unshifted = centre((row) => encodeByHand(row, [0, 0, 0]));
    for (const [d, value] of unshifted.entries()) expect(unlabelled[d]).toBeCloseTo(value, 5);
  });

  it('refuses data without labels where the encoder takes them', async () => {
    const spec = (await table('many.csv', kinds, many)).replace('label=', 'drop=');
    const { code, stderr } = await runVae('fit', pets, '--data', spec, '-o', at('none'));
    expect(code).toBe(2);
    expect(stderr).toContain('has no labels, and the model is conditioned on them');
  });
});
