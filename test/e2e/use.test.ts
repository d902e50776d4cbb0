import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeNpy, decodePng, encodeNpy, encodePng, toPicture } from '@vae/sdk/media';
import { openDataset } from '@vae/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { lastJson, mnist, node, python, root, run, vae, withFolder } from '../support/project.js';

const model = 'mnist-conv';
const COUNT = 8;
let images: Float32Array;

/** Real test digits as PNG files; drawn ones where MNIST is not at hand. */
async function writeDigits(folder: string): Promise<void> {
  await mkdir(folder);
  for (let i = 0; i < COUNT; i++) {
    const data = images.subarray(784 * i, 784 * (i + 1));
    await writeFile(join(folder, `digit-${i}.png`), encodePng(toPicture({ data, shape: [1, 28, 28] })));
  }
}

beforeAll(async () => {
  const { test } = await openDataset(mnist ? `mnist:${mnist}` : 'digits', { seed: 0 });
  images = new Float32Array(COUNT * 784);
  await test!.read([...Array(COUNT).keys()], images);
});

const vaeRun = async (folder: string, ...args: string[]) => {
  const done = await node([vae, ...args], { cwd: folder });
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return done;
};
const npy = async (...path: string[]) => decodeNpy(await readFile(join(...path)));
const largest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe('the bundled model from the command line', () => {
  it('encodes and decodes PNG and NPY alike, and back', () =>
    withFolder(async (folder) => {
      await writeDigits(join(folder, 'digits'));
      await writeFile(join(folder, 'digits.npy'), encodeNpy({ data: images, shape: [COUNT, 1, 28, 28] }));
      await vaeRun(folder, 'encode', model, 'digits', '-o', 'a.npy');
      await vaeRun(folder, 'encode', model, 'digits.npy', '-o', 'b.npy');
      const [a, b] = [await npy(folder, 'a.npy'), await npy(folder, 'b.npy')];
      expect(a.shape).toEqual([COUNT, 2]);
      expect(largest(a.data, b.data)).toBe(0);

      await vaeRun(folder, 'decode', model, 'a.npy', '-o', 'x.npy');
      await vaeRun(folder, 'decode', model, 'a.npy', '-o', 'out/');
      await vaeRun(folder, 'reconstruct', model, 'digits', '-o', 'r.npy');
      const [decoded, reconstructed] = [await npy(folder, 'x.npy'), await npy(folder, 'r.npy')];
      expect(decoded.shape).toEqual([COUNT, 1, 28, 28]);
      expect(largest(decoded.data, reconstructed.data)).toBeLessThan(1e-6);
      const files = (await readdir(join(folder, 'out'))).sort();
      expect(files).toHaveLength(COUNT);
      const picture = decodePng(await readFile(join(folder, 'out', files[0])));
      expect([...picture.data]).toEqual(
        [...decoded.data.slice(0, 784)].map((value) => Math.round(value * 255)),
      );
    }));

  it.skipIf(!mnist)('reconstructs MNIST digits recognisably (needs VAE_TEST_MNIST)', () =>
    withFolder(async (folder) => {
      await writeDigits(join(folder, 'digits'));
      await vaeRun(folder, 'reconstruct', model, 'digits', '-o', 'r.npy');
      const { data } = await npy(folder, 'r.npy');
      const error = (of: Float32Array) =>
        of.reduce((sum, value, i) => sum + (value - images[i]) ** 2, 0) / COUNT;
      // A constant picture cannot do better than the mean grey, which is wrong by the variance: 784 · 0.067 = 53 and more.
      expect(error(data)).toBeLessThan(45);
      expect(error(data.map((value) => 1 - value))).toBeGreaterThan(200);
    }),
  );

  it('samples and interpolates repeatably', () =>
    withFolder(async (folder) => {
      await writeDigits(join(folder, 'digits'));
      for (const name of ['a.npy', 'b.npy'])
        await vaeRun(folder, 'sample', model, '-n', '5', '--seed', '9', '-o', name);
      const [a, b] = [await npy(folder, 'a.npy'), await npy(folder, 'b.npy')];
      expect(a.shape).toEqual([5, 1, 28, 28]);
      expect(largest(a.data, b.data)).toBe(0);
      const ends = ['digits/digit-0.png', 'digits/digit-1.png'];
      await vaeRun(folder, 'interpolate', model, ...ends, '--steps', '6', '-o', 'walk.npy');
      await vaeRun(
        folder,
        'interpolate',
        model,
        ...ends,
        '--steps',
        '6',
        '--method',
        'slerp',
        '-o',
        'walk.gif',
      );
      await vaeRun(folder, 'reconstruct', model, ...ends, '-o', 'ends.npy');
      const [walk, expected] = [await npy(folder, 'walk.npy'), await npy(folder, 'ends.npy')];
      expect(walk.shape).toEqual([6, 1, 28, 28]);
      expect(largest(walk.data.slice(0, 784), expected.data.slice(0, 784))).toBeLessThan(1e-5);
      expect(largest(walk.data.slice(-784), expected.data.slice(-784))).toBeLessThan(1e-5);
      expect((await readFile(join(folder, 'walk.gif'))).subarray(0, 6).toString()).toBe('GIF89a');
    }));

  it.skipIf(!mnist)('is as good as its manifest says (needs VAE_TEST_MNIST)', () =>
    withFolder(async (folder) => {
      const claimed = JSON.parse(await readFile(join(root, 'models', model, 'vae.json'), 'utf8')).metrics
        .test;
      const done = await vaeRun(folder, 'eval', model, '--data', `mnist:${mnist}`, '-n', '10000', '--json');
      const { bound } = lastJson(done) as Record<string, number>;
      expect(claimed.bound).toBeGreaterThan(-158.5);
      // Other noise, so another draw of a mean whose standard error the manifest has.
      expect(Math.abs(bound - claimed.bound)).toBeLessThan(4 * claimed.standardError);
    }),
  );

  it.skipIf(!python)('agrees with onnxruntime in Python (needs Python with onnxruntime)', () =>
    withFolder(async (folder) => {
      await writeFile(
        join(folder, 'x.npy'),
        encodeNpy({ data: images.map((v) => (v > 0.5 ? 1 : 0)), shape: [COUNT, 1, 28, 28] }),
      );
      await vaeRun(folder, 'encode', model, 'x.npy', '--with-logvar', '-o', 'z.npz');
      await vaeRun(folder, 'decode', model, 'z.npz', '--logits', '-o', 'logits.npy');
      await vaeRun(folder, 'decode', model, 'z.npz', '-o', 'decoded.npy');
      const program = `
import sys, numpy as np, onnxruntime as ort
load = lambda name: ort.InferenceSession(f"{sys.argv[1]}/{name}.onnx", providers=["CPUExecutionProvider"])
z = np.load("z.npz")
mean, logvar = load("encoder").run(["mean", "logvar"], {"x": np.load("x.npy")})
x, logits = load("decoder").run(["x", "logits"], {"z": z["mean"]})
for ours, theirs in [(z["mean"], mean), (z["logvar"], logvar), (np.load("decoded.npy"), x), (np.load("logits.npy"), logits)]:
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    print(np.abs(ours - theirs).max() / max(1, np.abs(theirs).max()))`;
      const done = await run(python!, ['-c', program, join(root, 'models', model)], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      const differences = done.stdout.trim().split('\n').map(Number);
      expect(differences).toHaveLength(4);
      for (const difference of differences) expect(difference).toBeLessThanOrEqual(1e-5);
    }),
  );
});

describe('bad input: one line, exit 2, nothing left behind', () => {
  const refused = (
    args: string[],
    pattern: RegExp,
    prepare: (folder: string) => Promise<unknown> = async () => {},
  ) =>
    withFolder(async (folder) => {
      await prepare(folder);
      const before = (await readdir(folder)).sort();
      const { code, stdout, stderr } = await node([vae, ...args], { cwd: folder });
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(pattern);
      expect((await readdir(folder)).sort()).toEqual(before);
    });
  const copyModel = async (folder: string) => {
    await mkdir(join(folder, 'm'));
    for (const name of ['vae.json', 'encoder.onnx', 'decoder.onnx'])
      await writeFile(join(folder, 'm', name), await readFile(join(root, 'models', model, name)));
  };

  it('a path that is not a model', () =>
    refused(['sample', 'nowhere', '-o', 'a.png'], /nowhere.*mnist-conv/));
  it('a folder without a manifest', () =>
    refused(['sample', 'm', '-o', 'a.png'], /no vae\.json/, (folder) => mkdir(join(folder, 'm'))));
  it('a bound for a model of others whose values are not from 0 to 1', () =>
    refused(
      ['eval', join(root, 'test/foreign/diffusers-kl'), 'a.png'],
      /has values from -1 to 1; densities are computed for values from 0 to 1/,
    ));
  it('a model whose checksum is wrong', () =>
    refused(['sample', 'm', '-o', 'a.png'], /decoder\.onnx: sha256 is/, async (folder) => {
      await copyModel(folder);
      const file = join(folder, 'm', 'decoder.onnx');
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] ^= 1;
      await writeFile(file, bytes);
    }));
  it('a truncated model', () =>
    refused(['sample', 'm', '-o', 'a.png'], /decoder\.onnx: 1000 bytes/, async (folder) => {
      await copyModel(folder);
      await truncate(join(folder, 'm', 'decoder.onnx'), 1000);
    }));
  it('an image of another size', () =>
    refused(['encode', model, 'small.png', '-o', 'z.npy'], /small\.png.*10.*28/, (folder) =>
      writeFile(
        join(folder, 'small.png'),
        encodePng({ width: 10, height: 10, channels: 1, data: new Uint8Array(100) }),
      ),
    ));
  it('a file that is no image', () =>
    refused(['encode', model, 'a.png', '-o', 'z.npy'], /a\.png/, (folder) =>
      writeFile(join(folder, 'a.png'), 'hello'),
    ));
  it('a missing input', () => refused(['encode', model, 'nothing.png', '-o', 'z.npy'], /nothing\.png/));
  it('a flag out of range', () => refused(['sample', model, '-n', '0', '-o', 'a.png'], /-n.*0/));
  it('an output format that does not exist', () => refused(['sample', model, '-o', 'a.bmp'], /a\.bmp/));
  it('an unknown command', () => refused(['smaple', model], /"smaple".*"sample"/));
});
