import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '@vae/sdk/manifest';
import { decodePng } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { lastJson, node, vae, vaeTrain, withFolder } from '../support/project.js';

const quick = ['--data', 'digits', '--batch', '16', '--steps', '12', '--seed', '3'];

describe('vae-train', () => {
  it('leaves a run folder with model, metrics, pictures and report, and one JSON line', () =>
    withFolder(async (folder) => {
      const done = await node([vaeTrain, 'seed-cvae', ...quick, '--out', 'run', '--json'], { cwd: folder });
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout.trim().split('\n')).toHaveLength(1);
      const result = lastJson(done);
      expect(result).toMatchObject({ out: 'run', steps: 12 });
      for (const part of ['train', 'test']) {
        const { loss, bound, reconstruction, kl } = result[part] as Record<string, number>;
        // The bound is minus the sum of its terms, and so is the loss of the plain objective.
        expect(bound).toBeCloseTo(-(reconstruction + kl), 3);
        expect(loss).toBeCloseTo(-bound, 3);
      }
      const run = join(folder, 'run');
      expect((await readdir(run)).sort()).toEqual([
        'checkpoints',
        'latent.json',
        'metrics.jsonl',
        'pictures',
        'recipe.json',
        'report.html',
        'run.json',
        'tensorboard',
        'vae',
      ]);
      expect((await readdir(join(run, 'pictures'))).sort()).toEqual([
        'epoch-001.png',
        'manifold.png',
        'training.gif',
      ]);
      const manifest = parseManifest(await readFile(join(run, 'vae', 'vae.json'), 'utf8'), 'vae.json');
      expect(manifest.prior?.kl).toHaveLength(2);
      expect(manifest.metrics?.test?.bound).toBe((result.test as Record<string, number>).bound);
      const { width, height } = decodePng(await readFile(join(run, 'pictures', 'manifold.png')));
      expect(width).toBe(20 * 28);
      expect(height).toBeGreaterThan(20 * 28);
    }));

  it('gives the same bytes twice for the same seed, and others for another seed', { timeout: 300_000 }, () =>
    withFolder(async (folder) => {
      const halves = async (out: string, ...more: string[]) => {
        const done = await node([vaeTrain, 'seed-cvae', ...quick, '--out', out, ...more], { cwd: folder });
        expect(done, done.stderr).toMatchObject({ code: 0 });
        const read = (name: string) => readFile(join(folder, out, 'vae', name));
        return [await read('encoder.onnx'), await read('decoder.onnx')];
      };
      const [first, second] = [await halves('a'), await halves('b')];
      expect(first[0].equals(second[0]) && first[1].equals(second[1])).toBe(true);
      const other = await halves('c', '--seed', '4');
      expect(first[0].equals(other[0])).toBe(false);
    }),
  );

  it('is also `vae train`, and goes on with a run', () =>
    withFolder(async (folder) => {
      const words = ['seed-wiseodd', '--data', 'digits', '--steps', '5', '--checkpoint-every', '5'];
      const first = await node([vae, 'train', ...words, '--out', 'run'], { cwd: folder });
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const more = await node([vae, 'train', '--resume', 'run', '--steps', '9', '--json'], { cwd: folder });
      expect(more, more.stderr).toMatchObject({ code: 0 });
      expect(more.stderr).toContain('resumed after step 5');
      expect(lastJson(more)).toMatchObject({ out: 'run', steps: 9 });
    }));
});

describe('bad input: one line, exit 2, nothing half-written', () => {
  const refused = async (args: string[], pattern: RegExp, prepare?: (folder: string) => Promise<unknown>) =>
    withFolder(async (folder) => {
      await prepare?.(folder);
      const before = (await readdir(folder)).sort();
      const { code, stdout, stderr } = await node([vaeTrain, ...args], { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      const lines = stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('device:'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(pattern);
      expect((await readdir(folder)).sort()).toEqual(before);
    });

  const idx = (dims: number[], bytes: number) =>
    Buffer.concat([
      Buffer.from([0, 0, 8, dims.length]),
      ...dims.map((dim) => Buffer.from(Uint32Array.of(dim).buffer).swap32()),
      Buffer.alloc(bytes),
    ]);

  const mnistFolder = async (folder: string, images: Buffer, name = 'train-images-idx3-ubyte') => {
    const data = join(folder, 'data');
    await mkdir(data);
    await writeFile(join(data, name), images);
    await writeFile(join(data, 'train-labels-idx1-ubyte'), idx([2], 2));
    await writeFile(join(data, 't10k-images-idx3-ubyte'), idx([2, 28, 28], 2 * 784));
    await writeFile(join(data, 't10k-labels-idx1-ubyte'), idx([2], 2));
  };

  it('a folder that is not there', () => refused(['seed-cvae', '--data', 'mnist:nowhere'], /nowhere/));
  it('an unknown data set', () => refused(['seed-cvae', '--data', 'digts'], /"digts".*"digits"/));
  it('an unknown recipe', () => refused(['seed-cave'], /seed-cave.*"seed-cvae"/));
  it('a flag out of range', () => refused(['--epochs', '0'], /--epochs 0.*at least 1/));
  it('an unknown flag', () => refused(['--epoch', '3'], /--epoch.*--epochs/));
  it('a device that is not there', () =>
    refused(['--device', 'cuda', '--data', 'digits'], /device 'cuda' is not there/));
  it('an unknown recipe key', () =>
    refused(['my.json', '--data', 'digits'], /my\.json.*"objektive".*"objective"/, (folder) =>
      writeFile(join(folder, 'my.json'), JSON.stringify({ name: 'my', objektive: 'elbo' })),
    ));
  it('an IDX header that lies', () =>
    refused(['seed-cvae', '--data', 'mnist:data'], /train-images-idx3-ubyte/, (folder) =>
      mnistFolder(folder, idx([9, 28, 28], 2 * 784)),
    ));
  it('a wrong image size', () =>
    refused(['seed-cvae', '--data', 'mnist:data'], /train-images-idx3-ubyte.*28/, (folder) =>
      mnistFolder(folder, idx([2, 10, 10], 200)),
    ));
  it('a truncated gzip file', () =>
    refused(['seed-cvae', '--data', 'mnist:data'], /train-images-idx3-ubyte\.gz/, (folder) =>
      mnistFolder(folder, Buffer.from('1f8b0800000000000003', 'hex'), 'train-images-idx3-ubyte.gz'),
    ));
  it('data that the networks do not fit', () =>
    refused(['seed-cvae', '--data', 'digits:32x32x1', '--out', 'run'], /decoder.*\[1, 32, 32\]/));
  it('a run folder that is taken', () =>
    withFolder(async (folder) => {
      const words = [vaeTrain, 'seed-wiseodd', '--data', 'digits', '--steps', '1', '--out', 'run'];
      expect((await node(words, { cwd: folder })).code).toBe(0);
      const before = await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8');
      const again = await node(words, { cwd: folder });
      expect(again.code).toBe(2);
      expect(again.stderr).toMatch(/run: holds a run already.*--resume run.*--overwrite/);
      expect(await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8')).toBe(before);
      expect(existsSync(join(folder, 'run', 'vae', 'vae.json'))).toBe(true);
    }));
});
