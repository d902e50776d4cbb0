import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interpolate, manifold, priorSample, reparameterize, traverse } from '@vae/sdk/latent';
import {
  decodeNpy,
  decodeNpz,
  decodePng,
  encodeNpy,
  encodePng,
  grid,
  stack,
  type Tensor,
  toPicture,
} from '@vae/sdk/media';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  dataShape,
  encodeByHand,
  logitsByHand,
  modelFolder,
  sigmoid,
} from '../../../sdk/src/testing/models.js';
import { onnxModel } from '../../../sdk/src/testing/onnx.js';
import { slice } from '../tensors.js';
import { runVae as run } from '../testing/run-vae.js';

let model: string;
let folder: string;
beforeAll(async () => {
  model = await modelFolder();
  folder = mkdtempSync(join(tmpdir(), 'vae-commands-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  process.exitCode = 0;
});

/** Runs a command that must succeed; gives its text. */
async function done(...argv: string[]) {
  const { code, stdout, stderr } = await run(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const at = (name: string) => join(folder, name);
const read = (name: string) => decodeNpy(readFileSync(at(name)));
const png = (name: string) => decodePng(readFileSync(at(name)));

/** Five images of bytes, as a file and as numbers. */
const bytes = Array.from({ length: 5 }, (_, n) =>
  Array.from({ length: 6 }, (_, i) => (n * 50 + i * 9) % 256),
);
const images: Tensor = {
  data: Float32Array.from(bytes.flat(), (byte) => byte / 255),
  shape: [5, ...dataShape],
};
beforeAll(() => {
  writeFileSync(at('five.npy'), encodeNpy(images));
  mkdirSync(at('five'));
  for (const [n, data] of bytes.entries()) {
    const picture = { width: 3, height: 2, channels: 1, data: Uint8Array.from(data) } as const;
    writeFileSync(at(`five/image${n === 4 ? 10 : n}.png`), encodePng(picture));
  }
});

const means = () => bytes.map((_, n) => encodeByHand(slice(images, n, n + 1).data).slice(0, 2));
const logvars = () => bytes.map((_, n) => encodeByHand(slice(images, n, n + 1).data).slice(2));
const pixelsOf = (z: Tensor) =>
  Array.from({ length: z.shape[0] }, (_, n) => logitsByHand(slice(z, n, n + 1).data).map(sigmoid)).flat();
const tensor = (rows: number[][]): Tensor => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, 2],
});

function expectClose(found: Tensor, expected: readonly number[], shape: readonly number[]) {
  expect(found.shape).toEqual(shape);
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - found.data[i])));
  expect(difference).toBeLessThan(1e-5);
}

describe('vae encode', () => {
  it('writes the means, the same from pictures and from an array', async () => {
    expect(await done('encode', model, at('five.npy'), '-o', at('z.npy'))).toBe(
      `Wrote ${at('z.npy')}: 5 latents of 2.\n`,
    );
    expectClose(read('z.npy'), means().flat(), [5, 2]);
    await done('encode', model, at('five'), '-o', at('z2.npy'));
    expect(read('z2.npy')).toEqual(read('z.npy'));
  });

  it('draws with a seed, and writes mean and log-variance too', async () => {
    await done('encode', model, at('five'), '-o', at('all.npz'), '--sample', '--seed', '7', '--with-logvar');
    const { z, mean, logvar, ...rest } = decodeNpz(readFileSync(at('all.npz')));
    expect(rest).toEqual({});
    expectClose(mean!, means().flat(), [5, 2]);
    expectClose(logvar!, logvars().flat(), [5, 2]);
    expectClose(z!, [...reparameterize({ mean: mean!, logvar: logvar! }, { seed: 7 }).data], [5, 2]);
    await done('encode', model, at('five'), '-o', at('drawn.npy'), '--sample', '--seed', '7');
    expect(read('drawn.npy')).toEqual(z);
  });

  it('prints the seed that it drew, which repeats the run', async () => {
    const { stderr } = await run('encode', model, at('five'), '-o', at('d1.npy'), '--sample');
    const [, seed] = /^Seed (\d+); add --seed \1 to repeat this\.\n$/.exec(stderr)!;
    await done('encode', model, at('five'), '-o', at('d2.npy'), '--sample', '--seed', seed!);
    expect(read('d2.npy')).toEqual(read('d1.npy'));
  });

  it('names the inputs in CSV and JSON, in natural order, -n of them', async () => {
    await done('encode', model, at('five'), '-n', '2', '-o', at('z.csv'));
    const lines = readFileSync(at('z.csv'), 'utf8').split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      'name',
      at('five/image0.png'),
      at('five/image1.png'),
      '',
    ]);
    await done('encode', model, at('five'), '-o', at('z.json'), '--with-logvar');
    const { names, mean, logvar } = JSON.parse(readFileSync(at('z.json'), 'utf8'));
    expect(names.at(-1)).toBe(at('five/image10.png'));
    expect([mean.length, logvar.length]).toEqual([5, 5]);
  });
});

describe('vae decode', () => {
  it('gives pixels or logits', async () => {
    const z = tensor([
      [0.5, -1],
      [2, 0],
    ]);
    writeFileSync(at('two.npy'), encodeNpy(z));
    await done('decode', model, at('two.npy'), '-o', at('x.npy'));
    expectClose(read('x.npy'), pixelsOf(z), [2, ...dataShape]);
    expect(await done('decode', model, at('two.npy'), '-o', at('l.npy'), '--logits')).toContain(
      'logits of 2 images',
    );
    expectClose(read('l.npy'), [...logitsByHand([0.5, -1]), ...logitsByHand([2, 0])], [2, ...dataShape]);
    await done('decode', model, at('two.npy'), '-o', at('x.png'), '-n', '1');
    expect(png('x.png')).toEqual(toPicture({ data: read('x.npy').data.slice(0, 6), shape: dataShape }));
  });

  it('takes what encode writes, in every format', async () => {
    for (const format of ['npy', 'json', 'csv', 'npz']) {
      await done('encode', model, at('five'), '-o', at(`round.${format}`));
      await done('decode', model, at(`round.${format}`), '-o', at('round-x.npy'));
      expectClose(read('round-x.npy'), pixelsOf(tensor(means())), [5, ...dataShape]);
    }
  });
});

describe('vae reconstruct', () => {
  it('writes the reconstructions, or pairs with the originals', async () => {
    await done('reconstruct', model, at('five.npy'), '-o', at('r.npy'));
    const after = read('r.npy');
    expectClose(after, pixelsOf(tensor(means())), [5, ...dataShape]);
    await done('reconstruct', model, at('five'), '-o', at('pairs.png'));
    expect(png('pairs.png')).toEqual(
      stack([
        grid(images, { columns: 5, caption: 'originals' }),
        grid(after, { columns: 5, caption: 'reconstructions' }),
      ]),
    );
    await done('reconstruct', model, at('five'), '-o', at('r/'), '-n', '3');
    expect(readdirSync(at('r'))).toEqual(['0.png', '1.png', '2.png']);
  });

  it('breaks long rows', async () => {
    await done('reconstruct', model, ...Array(4).fill(at('five')), '-o', at('long.png'));
    expect(png('long.png').height).toBeGreaterThan(1.9 * png('pairs.png').height);
  });
});

describe('vae sample', () => {
  it('draws from the prior', async () => {
    await done('sample', model, '--seed', '1', '-o', at('s.npy'));
    expectClose(read('s.npy'), pixelsOf(priorSample(16, 2, { seed: 1 })), [16, ...dataShape]);
    await done('sample', model, '--seed', '1', '-n', '3', '--temperature', '0.5', '-o', at('s3.npy'));
    expectClose(read('s3.npy'), pixelsOf(priorSample(3, 2, { seed: 1, temperature: 0.5 })), [
      3,
      ...dataShape,
    ]);
    await done('sample', model, '--seed', '1', '-n', '3', '--truncation', '0.4', '-o', at('s4.npy'));
    expectClose(read('s4.npy'), pixelsOf(priorSample(3, 2, { seed: 1, truncation: 0.4 })), [3, ...dataShape]);
    await done('sample', model, '--seed', '1', '-o', at('s.png'));
    expect(png('s.png')).toEqual(grid(read('s.npy'), { columns: 4 }));
  });

  it('prints one JSON object with --json', async () => {
    const { stdout, stderr } = await run('sample', model, '-n', '2', '--json', '-o', at('s.png'));
    expect(JSON.parse(stdout)).toEqual({
      output: at('s.png'),
      count: 2,
      seed: expect.any(Number),
      temperature: 1,
      sampler: 'prior',
      device: expect.stringMatching(/^(cpu|wasm)$/),
    });
    expect(stdout.trim()).not.toContain('\n');
    expect(stderr).toMatch(/^Seed \d+;/);
  });
});

describe('vae interpolate', () => {
  it.each(['linear', 'slerp'] as const)('walks between two images: %s', async (method) => {
    const ends = [at('five/image0.png'), `${at('five.npy')}#3`];
    await done('interpolate', model, ...ends, '--steps', '5', '--method', method, '-o', at('w.npy'));
    const points = interpolate(means()[0], means()[3], { steps: 5, method });
    expectClose(read('w.npy'), pixelsOf(points), [5, ...dataShape]);
  });

  it('walks between two latents, and draws a strip and an animation', async () => {
    writeFileSync(at('a.npy'), encodeNpy({ data: Float32Array.of(1, 0), shape: [2] }));
    writeFileSync(at('b.json'), '[[0, 2]]');
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.npy'));
    expectClose(read('w.npy'), pixelsOf(interpolate([1, 0], [0, 2], { steps: 16 })), [16, ...dataShape]);
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.png'));
    expect(png('w.png')).toEqual(grid(read('w.npy'), { columns: 16 }));
    await done('interpolate', model, at('a.npy'), at('b.json'), '--latent', '-o', at('w.gif'));
    expect(readFileSync(at('w.gif')).subarray(0, 6).toString()).toBe('GIF89a');
  });
});

describe('vae manifold and traverse', () => {
  it('maps a 2-D latent', async () => {
    await done('manifold', model, '-n', '3', '-o', at('m.npy'));
    expectClose(read('m.npy'), pixelsOf(manifold({ rows: 3 })), [9, ...dataShape]);
    await done('manifold', model, '-o', at('m.png'));
    expect(png('m.png')).toMatchObject({ width: 60, height: 40 });
  });

  it('moves one dimension at a time', async () => {
    const options = ['--dimensions', '1,0', '--range', '2', '--steps', '3'];
    await done('traverse', model, ...options, '-o', at('t.npy'));
    const lines = [1, 0].flatMap((dimension) =>
      pixelsOf(traverse([0, 0], { dimension, range: [-2, 2], steps: 3 })),
    );
    expectClose(read('t.npy'), lines, [6, ...dataShape]);
    await done('traverse', model, ...options, '-o', at('t.png'));
    expect(png('t.png')).toEqual(grid(read('t.npy'), { columns: 3 }));
    await done('traverse', model, at('five/image2.png'), ...options, '-o', at('t2.npy'));
    const start = means()[2];
    expectClose(slice(read('t2.npy'), 1, 2), pixelsOf(tensor([[start[0], 0]])), [1, ...dataShape]);
    await done('traverse', model, ...options, '-o', at('t.gif'));
  });

  it('begins with the dimensions that carry most', async () => {
    const other = await modelFolder({ fields: { prior: { kind: 'standard-normal', kl: [0.1, 3] } } });
    expect(await done('traverse', other, '-o', at('t.png'))).toMatch(/Dimensions: 1, 0\.\n$/);
  });
});

describe('vae eval', () => {
  it('reports the bound on files, repeatably', async () => {
    const text = await done('eval', model, at('five'));
    expect(text).toMatch(
      /^bound +-\d+\.\d\d ± \d+\.\d\d nats per sample\nreconstruction +\d+\.\d\d\nKL +\d+\.\d\d\n5 /,
    );
    const json = JSON.parse((await run('eval', model, at('five.npy'), '--json')).stdout);
    const kl = bytes.map((_, n) =>
      means()[n].reduce((sum, mean, d) => {
        const logvar = logvars()[n][d];
        return sum + (Math.exp(logvar) + mean ** 2 - 1 - logvar) / 2;
      }, 0),
    );
    expect(json).toMatchObject({ samples: 5, seed: 0, data: at('five.npy') });
    expect(json.kl).toBeCloseTo(kl.reduce((a, b) => a + b) / 5, 5);
    expect(json.bound).toBeCloseTo(-json.reconstruction - json.kl, 10);
    expect((await run('eval', model, at('five.npy'), '--json', '--seed', '0')).stdout).toBe(
      `${JSON.stringify(json)}\n`,
    );
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
    const { stdout, code } = await run('eval', blank, '-n', '200', '--json');
    expect(code).toBe(0);
    const { bound, ...rest } = JSON.parse(stdout);
    expect(bound).toBeCloseTo(-784 * Math.LN2, 3);
    expect(rest).toMatchObject({ kl: 0, samples: 200, data: 'digits (test)', seed: 0 });
    expect(rest.standardError).toBeCloseTo(0, 6);
    expect((await run('eval', blank, '--data', 'digits', '-n', '200', '--json')).stdout).toBe(stdout);
  });

  it('refuses a data set of another shape or name', async () => {
    expect((await run('eval', model, '--data', 'digits')).stderr).toBe(
      '--data digits has images of 1 × 28 × 28 (C × H × W), the model takes 1 × 2 × 3; choose another data set.\n',
    );
    const { code, stderr } = await run('eval', model, '--data', 'digitz');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/digitz.*digits.*\n$/)]);
  });
});

describe('vae train', () => {
  it('passes its words on', async () => {
    expect(await done('train', '--help')).toContain('Usage: vae-train');
    expect(await run('train', '--epochs', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^.+\n$/),
    });
  });
});

describe('vae info', () => {
  it('prints the manifest', async () => {
    expect(await done('info', model)).toMatch(
      /^model {7}tiny\ndata {8}image, 1 × 2 × 3, values 0 to 1\nlatent {6}gaussian, 2\nlikelihood {2}bernoulli\nencoder {5}encoder\.onnx, \d+ bytes\n/,
    );
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    const { sizeBytes, ...rest } = JSON.parse(await done('info', model, '--json'));
    expect(rest).toEqual(manifest);
    expect(sizeBytes).toEqual({
      encoder: manifest.files.encoder.bytes,
      decoder: manifest.files.decoder.bytes,
    });
  });

  it('lets no name steer the terminal', async () => {
    const named = join(folder, 'named');
    cpSync(model, named, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(model, 'vae.json'), 'utf8'));
    writeFileSync(join(named, 'vae.json'), JSON.stringify({ ...manifest, name: 'a\u001b[31mb' }));
    expect(await done('info', named)).toMatch(/^model {7}a\\x1b\[31mb\ndata /);
  });
});

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
    [['page', '', '-o', 'OUT'], '<model> is empty; give the name of a folder.'],
    [['info', ''], '<model> is empty; give the name of a folder.'],
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
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(readdirSync(folder).filter((name) => name.includes('never') || name.endsWith('.tmp'))).toEqual([]);
  });

  it('a map of latents that are not 2-D points at traverse', async () => {
    const other = await modelFolder({ fields: { latent: { kind: 'gaussian', shape: [3] } } });
    const { code, stderr } = await run('manifold', other, '-o', at('m.png'));
    expect([code, stderr]).toEqual([
      2,
      `manifold: the latents of "${other}" have 3 dimensions, a map needs 2; use "vae traverse" instead.\n`,
    ]);
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
      const { code, stderr } = await run(command, model, ...words, '-o', output());
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message()) });
    });
  });

  it('a damaged input leaves the earlier output as it was', async () => {
    await done('encode', model, at('five'), '-o', at('keep.npy'));
    const before = readFileSync(at('keep.npy'));
    mkdirSync(at('mixed'));
    writeFileSync(at('mixed/a.png'), readFileSync(at('five/image0.png')));
    writeFileSync(at('mixed/b.png'), 'no picture');
    const { code, stderr } = await run('encode', model, at('mixed'), '-o', at('keep.npy'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('b.png" is no PNG, JPEG or NPY file')]);
    expect(readFileSync(at('keep.npy'))).toEqual(before);
  });
});
