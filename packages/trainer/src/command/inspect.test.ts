import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { decodePng } from '@vae/sdk/media';
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
        'columns  a, b',
        // Of 1, 2, 3, 10, 20, 60: sqrt((225 + 196 + 169 + 36 + 16 + 1936) / 6) = 20.73.
        'train    3 items; all read: 1 to 60, mean 16, deviation 20.73',
        '         x 2, y 1',
        '',
      ].join('\n'),
    );
    const json = JSON.parse(
      (await inspect(`csv:${file}?label=kind&normalize=minmax&test=1`, '--json')).stdout,
    );
    expect(json).toMatchObject({ kind: 'vector', shape: [2], range: [0, 1], classes: ['x', 'y'] });
    expect([json.parts.train.items, json.parts.test.items]).toEqual([2, 1]);
    expect(json.normalization.offset).toHaveLength(2);
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
