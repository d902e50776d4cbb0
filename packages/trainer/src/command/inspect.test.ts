import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { decodePng, encodeNpy, encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-inspect-'));
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

async function inspect(...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  process.exitCode = undefined;
  await main(['inspect', ...argv], { stdout, stderr });
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return {
    code: process.exitCode ?? 0,
    stdout: text(stdout),
    stderr: text(stderr).replaceAll(folder, 'DIR'),
  };
}

describe('vae-train inspect', () => {
  it('describes data in words and as JSON', async () => {
    const file = join(folder, 'a.csv');
    await writeFile(file, 'a,b,kind\n1,10,x\n2,20,y\n3,60,x\n');
    expect((await inspect(`csv:${file}?label=kind`)).stdout).toBe(
      [
        'csv:a.csv?label=kind: the rows of a.csv',
        'items    vector 2, values of any size',
        'train    3 items',
        '         x 2, y 1',
        '',
        // Of 1, 2, 3 sqrt(2 / 3) = 0.8165, of 10, 20, 60 sqrt((400 + 100 + 900) / 3) = 21.6.
        'column  min  max  mean  deviation',
        'a         1    3     2     0.8165',
        'b        10   60    30       21.6',
        '',
        'Columns differ in scale: the deviation of "a" is 0.8165, that of "b" 21.6.',
        `Train on 'csv:${file}?label=kind&normalize=standard'.`,
        '',
      ].join('\n'),
    );
    const json = JSON.parse(
      (await inspect(`csv:${file}?label=kind&normalize=minmax&test=1`, '--json')).stdout,
    );
    expect(json).toMatchObject({ kind: 'vector', shape: [2], range: [0, 1], classes: ['x', 'y'] });
    expect([json.parts.train.items, json.parts.test.items]).toEqual([2, 1]);
    expect(json.normalization.offset).toHaveLength(2);
    expect(json.advice).toEqual([]);
  });

  it('leaves out columns of text whose names hold what parts options, in a file of several line ends', async () => {
    const file = join(folder, 'a.csv');
    await writeFile(file, 'a,valid?\r\n1,yes\r\n2,no\n3,yes\n');
    const { stdout } = await inspect(`csv:${file}`);
    expect(stdout).toContain('valid?  text, 2 different: "yes", "no"');
    expect(stdout).toContain('train    3 items');
    expect((await inspect(`csv:${file}?drop=valid%3F`)).code).toBe(0);
  });

  it('counts what is missing in each column, and says what never changes', async () => {
    const file = join(folder, 'gaps.csv');
    await writeFile(file, 'a,b,c\n1,,7\n2,NA,7\n,5,7\n3,6,7\n4,4,7\n');
    const { code, stdout } = await inspect(`csv:${file}`, '--json');
    const { columnStatistics, advice, parts } = JSON.parse(stdout);
    expect([code, parts.train.items]).toEqual([0, 2]);
    // Of the rows 3,6,7 and 4,4,7.
    expect(columnStatistics).toEqual([
      { name: 'a', min: 3, max: 4, mean: 3.5, std: 0.5, missing: 1, constant: false },
      { name: 'b', min: 4, max: 6, mean: 5, std: 1, missing: 2, constant: false },
      { name: 'c', min: 7, max: 7, mean: 7, std: 0, missing: 0, constant: true },
    ]);
    expect(advice).toEqual([
      'Some items lack numbers or are of another length; training refuses them unless bad=skip leaves them out.',
      `Train on 'csv:${file}?bad=skip'.`,
    ]);
    const text = (await inspect(`csv:${file}`)).stdout;
    expect(text).toMatch(/^b +4 +6 +5 +1 {2}2 missing$/m);
    expect(text).toMatch(/^c +7 +7 +7 +0 {2}constant$/m);
  });

  it.each([
    ['csv', 'a,b\n1,2\n3\n4,7\n'],
    ['jsonl', '[1,2]\n[3]\n[4,7]\n'],
  ])('says that training refuses rows of another length (%s)', async (source, text) => {
    const file = join(folder, `a.${source}`);
    await writeFile(file, text);
    const { parts, advice } = JSON.parse((await inspect(`${source}:${file}`, '--json')).stdout);
    expect(parts.train.items).toBe(2);
    expect(advice).toEqual([
      'Some items lack numbers or are of another length; training refuses them unless bad=skip leaves them out.',
      `Train on '${source}:${file}?bad=skip'.`,
    ]);
    const skipped = await inspect(`${source}:${file}?bad=skip`, '--json');
    expect(JSON.parse(skipped.stdout).advice).toEqual([]);
  });

  it('asks for a range, where images are out of theirs, as training does', async () => {
    const file = join(folder, 'a.npy');
    await writeFile(file, encodeNpy({ data: Float32Array.of(0, 255, 3, 4), shape: [1, 2, 2] }));
    expect((await inspect(`npy:${file}`)).stderr).toContain(
      'Say with range=LOW,HIGH what the values lie between',
    );
  });

  it('lists 20 columns, and how many more there are', async () => {
    const file = join(folder, 'wide.csv');
    const names = Array.from({ length: 23 }, (_, i) => `n${i}`);
    await writeFile(
      file,
      [names, names.map(() => 0), names.map(() => 1)].map((row) => row.join()).join('\n'),
    );
    const lines = (await inspect(`csv:${file}`)).stdout.trimEnd().split('\n');
    expect(lines.filter((line) => /^n\d/.test(line))).toHaveLength(20);
    expect(lines.at(-1)).toBe('… and 3 more columns');
  });

  it('leaves alone what is scaled, or near enough to 1', async () => {
    const file = join(folder, 'b.csv');
    await writeFile(file, 'a,b\n0,1\n5,0\n-3,4\n');
    expect(JSON.parse((await inspect(`csv:${file}`, '--json')).stdout).advice).toEqual([]);
    await writeFile(file, 'a,b\n0,1\n5,0\n-3,400\n');
    for (const query of ['?normalize=standard', '?normalize=none', '?range=-10,1000'])
      expect(JSON.parse((await inspect(`csv:${file}${query}`, '--json')).stdout).advice).toEqual([]);
    expect(JSON.parse((await inspect(`csv:${file}?drop=b`, '--json')).stdout).advice).toEqual([]);
  });

  it('draws images', async () => {
    const out = join(folder, 'a.png');
    const { code, stdout } = await inspect('digits', '-o', out, '--items', '20');
    expect([code, stdout.split('\n')[2]]).toEqual([
      0,
      expect.stringMatching(/^train {4}60000 items; 20 read: 0 to 1,/),
    ]);
    // Two panels of 16 × 4 images of 28 pixels with gaps of 2.
    expect(decodePng(await readFile(out)).width).toBe(16 * 30 - 2);
  });

  const grey = (width: number, height: number, value: number) =>
    encodePng({ width, height, channels: 1, data: new Uint8Array(width * height).fill(value) });

  it('names every image that cannot be read, beside what the others hold', async () => {
    for (let i = 0; i < 4; i++) await writeFile(join(folder, `a${i}.png`), grey(60, 5, 51));
    const bad = Array.from({ length: 12 }, (_, i) => `b${10 + i}.png`);
    for (const name of bad) await writeFile(join(folder, name), grey(60, 5, 51).subarray(0, 50));
    const json = JSON.parse((await inspect(`images:${folder}`, '--json')).stdout);
    expect([json.parts.train.read, json.broken.length]).toEqual([4, 12]);
    const out = join(folder, 'out', 'a.png');
    await mkdir(join(folder, 'out'));
    const { code, stdout, stderr } = await inspect(`images:${folder}`, '-o', out);
    const lines = stdout.split('\n');
    expect([code, lines[1]]).toEqual([2, 'items    image 3×5×60, values from 0 to 1']);
    // 51 / 255 = 0.2
    expect(lines[2]).toBe('train    16 items; 4 read: 0.2 to 0.2, mean 0.2, deviation 0');
    expect(lines[3]).toBe('broken   12 files');
    expect(lines.slice(4, 14).map((line) => /b\d+\.png/.exec(line)?.[0])).toEqual(bad.slice(0, 10));
    expect(lines[14]).toBe('         … and 2 more');
    expect(stderr).toContain('images:DIR: 12 images cannot be used in training. Repair, convert or remove');
    // Four images of 60 pixels side by side and their three gaps of 2.
    expect(decodePng(await readFile(out)).width).toBe(4 * 60 + 3 * 2);
  });

  it('reads few at once of images that are large', async () => {
    // 128 of them would be 6.4e9 numbers, more than an array holds.
    await writeFile(join(folder, 'a.png'), grey(1, 1, 51));
    const { code, stdout } = await inspect(`images:${folder}?size=4096`);
    expect([code, stdout.split('\n')[2]]).toEqual([
      0,
      'train    1 item; all read: 0.2 to 0.2, mean 0.2, deviation 0',
    ]);
  }, 30_000);

  it('shows signs in names that would steer the terminal', async () => {
    await writeFile(join(folder, 'a.png'), grey(4, 4, 51));
    await writeFile(join(folder, 'b\x1b[2J.png'), 'no image');
    expect((await inspect(`images:${folder}`)).stdout).toContain('b\\x1b[2J.png cannot be decoded');
  });

  it('goes on where no image can be read', async () => {
    await writeFile(join(folder, 'a.png'), 'no image');
    const out = join(folder, 'out.PNG');
    const { code, stdout, stderr } = await inspect(`images:${folder}?size=8`, '-o', out);
    expect([code, stdout]).toEqual([
      2,
      expect.stringContaining('train    1 item; none could be read\nbroken   1 file\n'),
    ]);
    expect(stderr).toContain('one image cannot be used in training');
    expect(await readdir(folder)).toEqual(['a.png']);
  });

  it('lists columns of text beside those of numbers, and how to go on', async () => {
    const file = join(folder, 'people.csv');
    await writeFile(file, 'age,name,city\n1,Ann,Rome\n2,Bob,\n3,Cy,Rome\n,Dee,5\n');
    const { code, stdout } = await inspect(`csv:${file}`);
    expect([code, stdout.split('\n').slice(2)]).toEqual([
      0,
      [
        'train    3 items',
        '',
        'column  min  max  mean  deviation',
        'age       1    3     2     0.8165  1 missing',
        '',
        'name  text, 4 different: "Ann", "Bob", "Cy", …',
        'city  text, 1 different: "Rome"',
        '',
        'Training takes no text: leave it out with drop=NAME, or make one of them the label with label=NAME.',
        'Some items lack numbers or are of another length; training refuses them unless bad=skip leaves them out.',
        `Train on 'csv:${file}?drop=name,city&bad=skip'.`,
        '',
      ],
    ]);
    await writeFile(file, 'age,name,city\n1,Ann,Rome\n2,Bob,Oslo\n3,Cy,Rome\n4,Dee,Oslo\n');
    const json = JSON.parse((await inspect(`csv:${file}?label=city`, '--json')).stdout);
    expect(json.textColumns).toEqual([{ name: 'name', distinct: 4, examples: ['Ann', 'Bob', 'Cy'] }]);
    expect(json.advice[0]).toBe('Training takes no text: leave it out with drop=NAME.');
  });

  it('refuses a damaged table with text in one line', async () => {
    const file = join(folder, 'quotes.csv');
    await writeFile(file, 'a,b,c\n1,2,x\n"3"z,4,y\n');
    const { code, stderr } = await inspect(`csv:${file}`);
    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('quotes.csv')]]);
  });

  it('refuses a table of text alone as training does', async () => {
    const file = join(folder, 'words.csv');
    await writeFile(file, 'a,b\nx,y\n');
    const { code, stderr } = await inspect(`csv:${file}`);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('2 columns hold text, a, b. Leave those out'),
    ]);
  });

  it.each([
    [['digtis'], 'There is no data set "digtis". Did you mean "digits"?'],
    [['digits', '-o', 'a.jpg'], '--output a.jpg: the picture is a PNG file; end its name in .png.'],
    [['images:none'], 'images: Cannot read "none": there is no such file or folder.'],
    [[], "missing required argument 'data'; see --help."],
  ])('refuses %j', async (argv, message) => {
    const { code, stdout, stderr } = await inspect(...argv);
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr).toContain(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('draws no vectors', async () => {
    await writeFile(join(folder, 'a.csv'), 'a\n1\n2\n');
    const { code, stderr } = await inspect(`csv:${join(folder, 'a.csv')}`, '-o', join(folder, 'a.png'));
    expect([code, stderr]).toEqual([
      2,
      '--output: only images can be drawn, csv:DIR/a.csv holds items of the kind "vector".\n',
    ]);
  });
});
