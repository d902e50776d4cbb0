import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpy, decodePng, encodeNpy, encodePng, type Tensor, toPicture } from '@vae/sdk/media';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runVae } from '../testing/run-vae.js';

// Models of other frameworks, with what those computed; see test/foreign/README.md.

const foreign = (...path: string[]) => join(import.meta.dirname, '../../../../test/foreign', ...path);
const expected = (model: string, name: string) =>
  decodeNpy(readFileSync(foreign(model, 'expected', `${name}.npy`)));

const folder = mkdtempSync(join(tmpdir(), 'vae-view-'));
const at = (name: string) => join(folder, name);
const read = (name: string) => decodeNpy(readFileSync(at(name)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  process.exitCode = 0;
});

async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVae(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(...argv: string[]): Promise<string> {
  const { code, stderr } = await runVae(...argv);
  expect(code).toBe(2);
  return stderr;
}

function write(name: string, tensor: Tensor): string {
  writeFileSync(at(name), encodeNpy(tensor));
  return at(name);
}

function expectClose(actual: Tensor, wanted: Tensor): void {
  expect(actual.shape).toEqual(wanted.shape);
  const worst = Math.max(...wanted.data.map((value, i) => Math.abs(value - actual.data[i])));
  expect(worst).toBeLessThan(1e-4 * Math.max(1, ...wanted.data.map(Math.abs)));
}

/** [-1, 1] as [0, 1]. */
const unit = ({ data, shape }: Tensor): Tensor => ({ data: data.map((value) => (value + 1) / 2), shape });

/** [N, H, W, C] as [N, C, H, W]. */
function channelsFirst({ data, shape }: Tensor): Tensor {
  const [n, h, w, c] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [channel, pixel, item] = [i % c, Math.floor(i / c) % (h * w), Math.floor(i / (c * h * w))];
    out[(item * c + channel) * h * w + pixel] = data[i];
  }
  return { data: out, shape: [n, c, h, w] };
}

describe.each([
  ['diffusers-kl', 'values from -1 to 1 and any size', unit],
  ['keras-conv', 'channels last', channelsFirst],
])('%s, with %s', (name, _, toView) => {
  const model = foreign(name);
  const images = toView(expected(name, 'x'));
  const [count, channels, height, width] = images.shape as [number, number, number, number];

  it('is encoded from arrays in 0 to 1', async () => {
    const text = await done('encode', model, write('x.npy', images), '-o', at('z.npy'));
    expect(text).toContain(`${count} latents of ${expected(name, 'mean').shape.slice(1).join(' × ')}.`);
    expectClose(read('z.npy'), expected(name, 'mean'));
  });

  it('is decoded to values in 0 to 1, and pictures of them', async () => {
    const decoded = toView(expected(name, 'decoded'));
    const z = write('given.npy', expected(name, 'z'));
    await done('decode', model, z, '-o', at('decoded.npy'));
    expectClose(read('decoded.npy'), decoded);
    await done('decode', model, z, '-n', '1', '-o', at('one.png'));
    const size = decoded.data.length / decoded.shape[0];
    const one = { data: read('decoded.npy').data.slice(0, size), shape: decoded.shape.slice(1) };
    expect(decodePng(readFileSync(at('one.png')))).toEqual(toPicture(one));
  });

  it('is reconstructed as its means decode, from pictures too', async () => {
    await done('reconstruct', model, write('x.npy', images), '-o', at('r.npy'));
    await done('decode', model, write('mean.npy', expected(name, 'mean')), '-o', at('d.npy'));
    expectClose(read('r.npy'), read('d.npy'));
    const size = channels * height * width;
    const picture = toPicture({ data: images.data.slice(0, size), shape: [channels, height, width] });
    writeFileSync(at('in.png'), encodePng(picture));
    await done('reconstruct', model, at('in.png'), '-o', at('pairs.png'));
    expect(decodePng(readFileSync(at('pairs.png'))).width).toBeGreaterThanOrEqual(width);
  });

  it('is sampled, walked through and traversed', async () => {
    await done('sample', model, '-n', '2', '--seed', '1', '-o', at('s.npy'));
    const { data, shape } = read('s.npy');
    expect([shape[0], shape[1], shape.length]).toEqual([2, channels, 4]);
    expect(data.every(Number.isFinite)).toBe(true);
    const x = write('x.npy', images);
    await done('interpolate', model, `${x}#0`, `${x}#${count - 1}`, '--steps', '2', '-o', at('walk.npy'));
    await done('reconstruct', model, x, '-o', at('r.npy'));
    const [walk, all] = [read('walk.npy'), read('r.npy')];
    const size = all.data.length / count;
    expectClose(
      { data: walk.data.slice(0, size), shape: [size] },
      { data: all.data.slice(0, size), shape: [size] },
    );
    await done('traverse', model, `${x}#0`, '--dimensions', '1', '--steps', '3', '-o', at('t.npy'));
    expect(read('t.npy').shape).toEqual([3, ...all.shape.slice(1)]);
    await done('traverse', model, '--dimensions', '0', '--steps', '2', '-o', at('t'), '--overwrite');
    expect(readdirSync(at('t'))).toEqual(['0.png', '1.png']);
  });
});

describe('what cannot be', () => {
  const model = foreign('diffusers-kl');

  it('images of different sizes for a model of any size', async () => {
    for (const [name, width] of [
      ['a.png', 16],
      ['b.png', 24],
    ] as const) {
      const data = new Uint8Array(width * 16 * 3);
      writeFileSync(at(name), encodePng({ width, height: 16, channels: 3, data }));
    }
    expect(await refused('encode', model, at('a.png'), at('b.png'), '-o', at('z.npy'))).toContain(
      'b.png" is 24 × 16 pixels, the images before have 16 × 16; scale the image first.',
    );
  });

  it('latents of any size from a file that does not say theirs', async () => {
    writeFileSync(at('z.json'), '[[1, 2, 3]]');
    expect(await refused('decode', model, at('z.json'), '-o', at('x.npy'))).toContain(
      'does not say the shape of its latents, and the model takes any ([4,any,any]); give a .npy or .npz file.',
    );
  });

  it('bounds of values that are not from 0 to 1', async () => {
    expect(await refused('eval', model, at('a.png'))).toContain(
      '"diffusers-kl" has values from -1 to 1; densities are computed for values from 0 to 1, so there is no bound.',
    );
  });
});

it('weights in files of their own are read from the folder', async () => {
  const x = write('rows.npy', expected('torch-external', 'x'));
  await done('encode', foreign('torch-external'), x, '-o', at('z.npy'));
  expectClose(read('z.npy'), expected('torch-external', 'mean'));
});
