import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { VAE } from '@vae/sdk';
import type { Manifest } from '@vae/sdk/manifest';
import { decodeNpy, encodeNpy } from '@vae/sdk/media';
import { normal } from '@vae/sdk/random';
import { main as vaeTrain } from '@vae/trainer/command';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../io/csv.js';
import { runVae } from '../testing/run-vae.js';

// A table with names, from the first look at it to the last command, without another tool.

let folder: string;
let model: string;
const at = (name: string) => join(folder, name);

/** What a model learns of a customer; a name that has to be quoted among them. */
const names = ['age', 'income, yearly', 'share'];
const customers = Array.from({ length: 120 }, (_, i) => {
  const [a, b, c] = normal({ seed: 11, stream: 'customers', index: i }, 3);
  return [40 + 12 * a!, 30_000 + 12_000 * (0.8 * a! + 0.6 * b!), 0.02 + 0.004 * c!].map(Math.fround);
});
const segmentOf = ([age]: number[]) => (age! < 40 ? 'young' : 'old');
const asCsv = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => row.map((field) => (/,/.test(String(field)) ? `"${field}"` : field)).join()).join('\n');

async function train(...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  process.exitCode = 0;
  await vaeTrain(argv, { stdout, stderr });
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code: process.exitCode, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a command that must succeed; gives its text and its notes. */
async function done(...argv: string[]) {
  const { code, stdout, stderr } = await runVae(...argv);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { stdout, notes: stderr };
}

async function refused(...argv: string[]) {
  const { code, stdout, stderr } = await runVae(...argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  // Notes on what was read may stand above the one line that says what is wrong.
  return stderr.trimEnd().split('\n').at(-1)!;
}

const readTable = (name: string) => parseCsv(readFileSync(at(name), 'utf8'), name);
const numbersIn = (name: string) =>
  Float32Array.from(
    readTable(name)
      .slice(1)
      .flatMap((row) => row.map(Number)),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vae-tables-'));
  const rows = customers.map((row) => ['shop 1', ...row, segmentOf(row)]);
  writeFileSync(at('customers.csv'), asCsv([['shop', ...names, 'segment'], ...rows]));
  const data = `csv:${at('customers.csv')}?label=segment&drop=shop&test=0.25`;
  const drafted = await train(
    'init',
    at('customers.json'),
    '--data',
    data,
    '--latent',
    '2',
    '--epochs',
    '40',
  );
  expect(drafted.code).toBe(0);
  const trained = await train(at('customers.json'), '--out', at('run'), '--threads', '1', '--seed', '2');
  expect({ code: trained.code, text: trained.code === 0 ? '' : trained.stderr }).toEqual({
    code: 0,
    text: '',
  });
  model = join(at('run'), 'vae');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = 0;
});

const manifest = () => JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8')) as Manifest;

describe('a first look', () => {
  it('shows the columns of text beside the others, and how to leave them out', async () => {
    const { code, stdout } = await train('inspect', `csv:${at('customers.csv')}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop +text, 1 different: "shop 1"$/m);
    expect(stdout).toMatch(/^segment +text, 2 different: /m);
    expect(stdout).toContain(`Train on 'csv:${at('customers.csv')}?drop=shop,segment&normalize=standard'.`);
  });

  it('shows each column, and the recipe scales them', async () => {
    const data = `csv:${at('customers.csv')}?label=segment&drop=shop`;
    const { stdout } = await train('inspect', data);
    expect(stdout).toMatch(/^age +\d/m);
    expect(stdout).toContain(`Train on '${data}&normalize=standard'.`);
    const recipe = JSON.parse(readFileSync(at('customers.json'), 'utf8'));
    expect(recipe.data.source).toBe(`${data}&test=0.25&normalize=standard`);
    expect(recipe.likelihood).toEqual({ type: 'gaussian', variance: 'learned' });
  });
});

describe('a model of a table', () => {
  it('knows the names of its columns', async () => {
    expect(manifest().data.columns).toEqual(names);
    expect((await done('info', model)).stdout).toMatch(/^columns +age, income, yearly, share$/m);
  });

  it('encodes rows by the names of their columns, in any order, with others beside them', async () => {
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const { mean } = await vae.encode(customers);
    const { notes } = await done('encode', model, at('customers.csv'), '-o', at('z.npy'));
    expect(notes).toContain("the columns shop, segment are not the model's and passed over.");
    expect(decodeNpy(readFileSync(at('z.npy')))).toEqual(mean);
    const shuffled = customers.map(([age, income, share]) => [share!, 1, income!, age!]);
    writeFileSync(at('shuffled.csv'), asCsv([['share', 'id', 'income, yearly', 'age'], ...shuffled]));
    await done('encode', model, at('shuffled.csv'), '-o', at('z2.npy'));
    expect(decodeNpy(readFileSync(at('z2.npy')))).toEqual(mean);
    const lines = customers.map((row) =>
      JSON.stringify(Object.fromEntries(row.map((v, i) => [names[i], v]))),
    );
    writeFileSync(at('rows.jsonl'), lines.join('\n'));
    await done('encode', model, at('rows.jsonl'), '-o', at('z3.npy'));
    expect(decodeNpy(readFileSync(at('z3.npy')))).toEqual(mean);
    // Names the rows, and takes the first of them.
    await done('encode', model, at('shuffled.csv'), '-n', '2', '-o', at('z.csv'));
    expect(readTable('z.csv').map(([name]) => name)).toEqual([
      'name',
      `${at('shuffled.csv')}#0`,
      `${at('shuffled.csv')}#1`,
    ]);
  });

  it('takes rows without names by their places', async () => {
    writeFileSync(at('bare.csv'), asCsv(customers));
    const { notes } = await done('encode', model, at('bare.csv'), '-o', at('z4.npy'));
    expect(notes).toContain("no names in the first line, so columns are taken in the model's order.");
    expect(decodeNpy(readFileSync(at('z4.npy'))).shape).toEqual([120, 2]);
    await done('encode', model, at('customers.csv'), '-o', at('z5.npy'));
    expect(decodeNpy(readFileSync(at('z4.npy')))).toEqual(decodeNpy(readFileSync(at('z5.npy'))));
    writeFileSync(at('wide.csv'), asCsv(customers.map((row) => [1, ...row])));
    expect(await refused('encode', model, at('wide.csv'), '-o', at('no.npy'))).toContain(
      `"${at('wide.csv')}" has rows of 4 numbers, the model takes 3; leave columns out by their places, as in "csv:${at('wide.csv')}?header=no&drop=0"`,
    );
    const chosen = `csv:${at('wide.csv')}?header=no&drop=0`;
    await done('encode', model, chosen, '-o', at('z6.npy'));
    expect(decodeNpy(readFileSync(at('z6.npy')))).toEqual(decodeNpy(readFileSync(at('z5.npy'))));
  });

  it.each([
    [';', ';'],
    ['\t', 'tab'],
    ['|', '|'],
  ])('names the delimiter %j of a file', async (sign, option) => {
    const file = at(`other-${option.charCodeAt(0)}.csv`);
    const rows = [['id', ...names], ...customers.map((row, i) => [i, ...row])];
    writeFileSync(file, `\uFEFF${rows.map((row) => row.join(sign)).join('\r\n')}`);
    const spec = `csv:${file}?delimiter=${option}`;
    const words = sign === '\t' ? 'tabs' : `"${sign}"`;
    const message = `"${file}" has ${words} between its columns, not commas; give it as "${spec}".`;
    expect(await refused('encode', model, file, '-o', at('no.npy'))).toBe(message);
    expect(await refused('eval', model, '--data', `csv:${file}`)).toBe(message);
    await done('encode', model, spec, '-o', at('other.npy'));
    await done('encode', model, at('customers.csv'), '-o', at('same.npy'));
    expect(readFileSync(at('other.npy'))).toEqual(readFileSync(at('same.npy')));
  });

  it('tells which rows are left out where the output does not name its rows', async () => {
    const rows = customers.map((row, i) => (i === 0 || i % 8 === 7 ? ['NA', ...row.slice(1)] : row));
    writeFileSync(at('holes.csv'), asCsv([names, ...rows]));
    const [spec, file] = [`csv:${at('holes.csv')}?bad=skip`, at('holes.csv')];
    // The last of the 16 is the last row of the file, behind which nothing is misplaced.
    const note = `${file}: left out between the rows written: rows 0, 7, 15, 23, 31, 39, 47, 55, 63, 71, … (15 in all, counted from 0).`;
    expect((await done('reconstruct', model, spec, '-o', at('h.csv'))).notes).toContain(note);
    expect((await done('encode', model, spec, '-o', at('h.npy'))).notes).toContain(note);
    expect((await done('reconstruct', model, spec, '-n', '3', '-o', at('h.csv'))).notes).toContain(
      `${file}: left out between the rows written: row 0 (1 in all, counted from 0).`,
    );
    for (const words of [
      ['encode', model, spec, '-o', at('named.csv')],
      ['reconstruct', model, `${spec.replace('?', '#9?')}`, '-o', at('h.csv')],
      ['reconstruct', model, at('customers.csv'), '-o', at('h.csv')],
    ])
      expect((await done(...words)).notes).not.toContain('left out between');
  });

  it('says that columns are taken by their places where the model has no names', async () => {
    const bare = at('bare-model');
    cpSync(model, bare, { recursive: true });
    const { columns: _, ...data } = manifest().data;
    writeFileSync(join(bare, 'vae.json'), JSON.stringify({ ...manifest(), data }));
    writeFileSync(at('plain.csv'), asCsv([names, ...customers]));
    const note = `${at('plain.csv')}: the model has no names of columns, so columns are taken by their places, not by their names.`;
    expect((await done('encode', bare, at('plain.csv'), '-o', at('b.npy'))).notes).toContain(note);
    await done('encode', model, at('plain.csv'), '-o', at('n.npy'));
    expect(readFileSync(at('b.npy'))).toEqual(readFileSync(at('n.npy')));
    writeFileSync(at('rows-only.csv'), asCsv(customers));
    for (const word of [at('rows-only.csv'), `csv:${at('plain.csv')}?header=no&bad=skip`])
      expect((await runVae('encode', bare, word, '-o', at('b.npy'))).stderr).not.toContain('no names of');
    writeFileSync(at('semi.csv'), [names, ...customers].map((row) => row.join(';')).join('\n'));
    expect(await refused('encode', bare, at('semi.csv'), '-o', at('no.npy'))).toContain(
      `give it as "csv:${at('semi.csv')}?delimiter=;".`,
    );
  });

  it('names the column that is missing', async () => {
    writeFileSync(at('less.csv'), 'Age,share\n40,0.02\n');
    expect(await refused('encode', model, at('less.csv'), '-o', at('no.npy'))).toBe(
      `${at('less.csv')}: the model needs columns age, income, yearly, not in this file. Is "Age" meant? Then rename it. Its columns are Age, share.`,
    );
    writeFileSync(at('gap.csv'), asCsv([names, [40, 'NA', 0.02]]));
    expect(await refused('encode', model, at('gap.csv'), '-o', at('no.npy'))).toContain(
      `column "income, yearly" of line 2 is "NA", expected a finite number. Leave such rows out with bad=skip. Options stand behind the file: "csv:${at('gap.csv')}?bad=skip".`,
    );
  });

  it('samples rows with names, in their own units', async () => {
    const { stdout } = await done('sample', model, '-n', '50', '--seed', '4', '-o', at('fresh.csv'));
    expect(stdout).toBe(`Wrote ${at('fresh.csv')}: 50 rows of 3 numbers.\n`);
    expect(readTable('fresh.csv')[0]).toEqual(names);
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const fresh = numbersIn('fresh.csv');
    expect(fresh).toEqual((await vae.sample(50, { seed: 4 })).data);
    const { offset, scale } = manifest().data.preprocess!.normalize!;
    for (const [i, value] of fresh.entries())
      expect(Math.abs(value - offset[i % 3]) / scale[i % 3]).toBeLessThan(6);
    // They come back as they went.
    await done('encode', model, at('fresh.csv'), '-o', at('again.npy'));
    expect(decodeNpy(readFileSync(at('again.npy'))).shape).toEqual([50, 2]);
  });

  it('decodes, reconstructs, walks and traverses to tables', async () => {
    await using vae = await VAE.load(model, { device: 'cpu', threads: 1 });
    const expected = await vae.reconstruct(customers);
    await done('reconstruct', model, at('customers.csv'), '-o', at('r.csv'));
    expect(numbersIn('r.csv')).toEqual(expected.data);
    await done('encode', model, at('customers.csv'), '-o', at('codes.csv'));
    await done('decode', model, at('codes.csv'), '-o', at('d.csv'));
    expect(numbersIn('d.csv')).toEqual(expected.data);
    const [from, to] = [`${at('customers.csv')}#3`, `${at('customers.csv')}#7`];
    await done('interpolate', model, from, to, '--steps', '3', '-o', at('w.csv'));
    const walk = numbersIn('w.csv');
    expect(walk.length).toBe(9);
    for (const i of [0, 1, 2]) {
      expect(walk[i]).toBeCloseTo(expected.data[9 + i], 2);
      expect(walk[6 + i]).toBeCloseTo(expected.data[21 + i], 2);
    }
    await done('traverse', model, from, '--steps', '2', '-o', at('t.csv'));
    expect(readTable('t.csv')).toHaveLength(1 + 2 * 2);
    await done('manifold', model, '-n', '2', '-o', at('m.csv'));
    expect(readTable('m.csv')).toHaveLength(1 + 4);
    const fitted = await done(
      ...['fit', model, at('customers.csv'), '--components', '1', '--seed', '1', '-o', at('fitted')],
    );
    expect(fitted.stdout).toContain(`fitted to the means of 120 rows of ${at('customers.csv')}.`);
    await done('sample', at('fitted'), '--sampler', 'mixture', '--seed', '1', '-o', at('f.csv'));
    expect(readTable('f.csv')[0]).toEqual(names);
  });

  it.each([
    ['grid.png', 'the model gives rows of 3 numbers, no pictures; end it in .csv or .npy.'],
    ['frames/', 'the model gives rows of 3 numbers, no pictures; end it in .csv or .npy.'],
    ['rows.txt', 'names no format that can be written here; end it in .png, .gif, .npy, .csv,'],
  ])('refuses -o %s before it computes', async (output, message) => {
    expect(await refused('sample', model, '-o', at(output))).toContain(message);
  });

  it('says which row to choose', async () => {
    const file = at('customers.csv');
    expect(await refused('interpolate', model, file, file, '-o', at('no.csv'))).toBe(
      `"${file}" holds several rows; choose one, such as "${file}#0".`,
    );
    expect(await refused('traverse', model, `${file}#120`, '-o', at('no.csv'))).toContain(
      'has no row 120; its rows are numbered 0 to 119.',
    );
  });
});

describe('judging a model of a table', () => {
  const bound = (text: string) => JSON.parse(text) as { bound: number; samples: number; data: string };

  it('takes a file, a data set with a test part, and one without', async () => {
    const file = at('customers.csv');
    const whole = bound((await done('eval', model, file, '--json')).stdout);
    expect(whole.samples).toBe(120);
    const test = bound((await done('eval', model, '--data', `csv:${file}?test=0.25`, '--json')).stdout);
    expect(test).toMatchObject({ samples: 30, data: 'csv:customers.csv?test=0.25 (test)' });
    const { stdout, notes } = await done('eval', model, '--data', `csv:${file}`, '--json');
    expect(notes).toContain('csv:customers.csv has no test part: all its 120 items are used.');
    expect(bound(stdout).bound).toBeCloseTo(whole.bound, 10);
    // The same numbers as an array, where nothing has a name.
    writeFileSync(at('rows.npy'), encodeNpy({ data: Float32Array.from(customers.flat()), shape: [120, 3] }));
    expect(bound((await done('eval', model, at('rows.npy'), '--json')).stdout).bound).toBeCloseTo(
      whole.bound,
      10,
    );
  });

  it('says where it looked for what the model was trained on', async () => {
    const message = await refused('eval', model);
    expect(message).toContain(
      'The model was trained on csv:customers.csv?label=segment&drop=shop&test=0.25&normalize=standard. ',
    );
    expect(message).toContain(
      'Say where the data are with --data csv:FOLDER/customers.csv?label=segment&drop=shop&test=0.25&normalize=standard, or give files.',
    );
  });
});
