import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, folder, model } from '../testing/five-images.js';
import { done, runVae } from '../testing/run-vae.js';

describe('what goes wrong', () => {
  it.each([
    [['sample', 'MODEL'], "required option '-o, --output <path>' not specified"],
    [['sample', '-o', 'OUT.png'], "missing required argument 'model'"],
    [['sample', 'nowhere', '-o', 'OUT.png'], 'nowhere: no such folder, and no bundled model of that name;'],
    [['sample', 'MODEL', 'more', '-o', 'OUT.png'], "too many arguments for 'sample'"],
    [
      ['sample', 'MODEL', '-o', 'OUT.mp4'],
      'names no format that can be written here; end it in .png, .gif, .npy, .csv, or in / for a folder.',
    ],
    [
      ['sample', 'MODEL', '-n', '0', '-o', 'OUT.png'],
      '-n 0 is out of range; give a whole number from 1 to 1000000.',
    ],
    [['sample', 'MODEL', '--temperature', '1e308', '-o', 'OUT.npy'], '--temperature 1e308 is out of range;'],
    [['export', 'MODEL', '-o', ''], '-o is empty; give the name of a folder.'],
    [['page', 'MODEL', '-o', ' '], '-o is empty; give the name of a folder.'],
    [['fit', 'MODEL', '-o', ''], '-o is empty; give the name of a folder.'],
    [['page', '', '-o', 'OUT'], '<model> is empty; give a model folder or the name of a bundled model.'],
    [['info', ''], '<model> is empty; give a model folder or the name of a bundled model.'],
    [['sample', 'MODEL', '-o', ''], '-o "" names no format that can be written here;'],
    [['sample', 'MODEL', '-o', 'FIVE/grid.png'], 'a part of the path is a file, not a folder.'],
    [['info', 'file://host/x'], 'file://host/x: names no folder here'],
    [['sample', 'MODEL', '--seed', 'x', '-o', 'OUT.png'], '--seed "x" is not a whole number;'],
    [['sample', 'MODEL', '--temperature', '-1', '-o', 'OUT.png'], '--temperature -1 is out of range;'],
    [['sample', 'MODEL', '--truncation', '0', '-o', 'OUT.png'], '--truncation 0 is out of range;'],
    [
      ['sample', 'MODEL', '--sampler', 'mix', '-o', 'OUT.png'],
      '--sampler "mix" is not known. Choose one of: prior, mixture.',
    ],
    [
      ['sample', 'MODEL', '--device', 'cdua', '-o', 'OUT.png'],
      "device 'cdua' is not known. Did you mean 'cuda'?",
    ],
    [['sample', 'MODEL', '--sead', '1', '-o', 'OUT.png'], "unknown option '--sead' (Did you mean --seed?)"],
    [
      ['encode', 'MODEL', 'missing.png', '-o', 'OUT.npy'],
      'Cannot read "missing.png": there is no such file or folder.',
    ],
    [
      ['encode', 'MODEL', 'FIVE', '-o', 'OUT.npy', '--with-logvar'],
      '--with-logvar writes two arrays and a .npy file holds one;',
    ],
    [
      ['decode', 'MODEL', 'FIVE', '-o', 'OUT.png'],
      'five.npy" has the shape [5,1,2,3], the model takes latents of shape [2] or [N,2].',
    ],
    [
      ['decode', 'MODEL', 'FIVE', '-o', 'OUT.png', '--logits'],
      '--logits are no picture; use -o with .npy, not "',
    ],
    [
      ['interpolate', 'MODEL', 'FIVE', 'FIVE', '-o', 'OUT.gif'],
      'five.npy" holds several images; choose one, such as "',
    ],
    [
      ['interpolate', 'MODEL', 'FIVE', 'FIVE', '--method', 'slrep', '-o', 'OUT.gif'],
      '--method "slrep" is not known; did you mean "slerp"?',
    ],
    [
      ['interpolate', 'MODEL', 'FIVE', 'FIVE', '--steps', '1', '-o', 'OUT.gif'],
      '--steps 1 is out of range; give a whole number from 2 to 10000.',
    ],
    [
      ['traverse', 'MODEL', '--dimensions', '0,2', '-o', 'OUT.png'],
      "--dimensions 0,2: there is no dimension 2; the model's are numbered 0 to 1.",
    ],
    [
      ['eval', 'MODEL'],
      'The model does not say what it was trained on; name data with --data, or give files.',
    ],
    [['eval', 'MODEL', 'FIVE', '--data', 'digits'], '--data digits and the input "'],
  ])('%j is one line and exit 2', async (words, message) => {
    const places: Record<string, string> = { MODEL: model, FIVE: at('five.npy') };
    const argv = words.map(
      (word) => places[word] ?? word.replace('OUT', at('never')).replace('FIVE/', `${at('five.npy')}/`),
    );
    const { code, stdout, stderr } = await runVae(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(readdirSync(folder).filter((name) => name.includes('never') || name.endsWith('.tmp'))).toEqual([]);
  });

  describe('an output that cannot be written', () => {
    const full = () => at('full');
    beforeAll(() => {
      mkdirSync(full());
      writeFileSync(join(full(), '0.png'), '');
    });
    const notEmpty = () => `The folder "${full()}" is not empty; choose another or add --overwrite.`;
    const inTheWay = () => `Cannot write "${at('five.npy')}/x": a part of the path is a file, not a folder.`;

    // Each of these fails later too, by what follows the output: that it is not told shows that the output is seen first.
    it.each([
      ['sample', ['--sampler', 'mixture'], full, notEmpty],
      ['decode', ['missing.npy'], full, notEmpty],
      ['reconstruct', ['missing.png'], full, notEmpty],
      ['interpolate', ['missing.png', 'missing.png'], full, notEmpty],
      ['traverse', ['--dimensions', '9'], full, notEmpty],
      ['fit', ['missing.png'], full, notEmpty],
      ['fit', ['missing.png'], () => at('five.npy/x'), inTheWay],
      ['export', [], full, notEmpty],
      [
        'encode',
        ['missing.png'],
        () => at('dots.npy'),
        () => `Cannot write "${at('dots.npy')}": its links run`,
      ],
    ])('is told by %s %j before the work', async (command, words, output, message) => {
      if (output() === at('dots.npy')) symlinkSync('dots.npy', at('dots.npy'));
      const { code, stderr } = await runVae(command, model, ...words, '-o', output());
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message()) });
    });
  });

  it('a damaged input leaves the earlier output as it was', async () => {
    await done('encode', model, at('five'), '-o', at('keep.npy'));
    const before = readFileSync(at('keep.npy'));
    mkdirSync(at('mixed'));
    writeFileSync(at('mixed/a.png'), readFileSync(at('five/image0.png')));
    writeFileSync(at('mixed/b.png'), 'no picture');
    const { code, stderr } = await runVae('encode', model, at('mixed'), '-o', at('keep.npy'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('b.png" is no PNG, JPEG or NPY file')]);
    expect(readFileSync(at('keep.npy'))).toEqual(before);
  });
});
