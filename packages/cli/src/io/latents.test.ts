import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpz } from '@vae/sdk/media';
import { afterAll, describe, expect, it } from 'vitest';
import { readLatents, writeLatents } from './latents.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-latents-'));
afterAll(() => rmSync(folder, { recursive: true }));

const mean = { data: Float32Array.of(0.1, -2, 1 / 3, 4e-20), shape: [2, 2] };
const logvar = { data: Float32Array.of(0, -1, -2, -3), shape: [2, 2] };
const names = ['a.png', 'b, c.png'];

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('latents', () => {
  it.each(['npy', 'json', 'csv'] as const)('come back bit for bit from %s', async (format) => {
    const path = join(folder, `z.${format}`);
    await writeLatents(path, format, { names, latents: { mean } });
    expect(await readLatents(path, [2])).toEqual(mean);
  });

  it('write JSON and CSV that people can read', async () => {
    const path = join(folder, 'both');
    await writeLatents(`${path}.json`, 'json', { names, latents: { mean, logvar } });
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual({
      names,
      mean: [
        [0.1, -2],
        [0.33333334, 4e-20],
      ],
      logvar: [
        [0, -1],
        [-2, -3],
      ],
    });
    await writeLatents(`${path}.csv`, 'csv', { names, latents: { mean, logvar } });
    expect(readFileSync(`${path}.csv`, 'utf8')).toBe(
      'name,mean0,mean1,logvar0,logvar1\na.png,0.1,-2,0,-1\n"b, c.png",0.33333334,4e-20,-2,-3\n',
    );
    expect(await readLatents(`${path}.csv`, [2])).toEqual(mean);
  });

  it('write both arrays to an NPZ', async () => {
    await writeLatents(join(folder, 'z.npz'), 'npz', { names, latents: { mean, logvar } });
    expect(decodeNpz(readFileSync(join(folder, 'z.npz')))).toEqual({ mean, logvar });
  });

  it.each([
    ['flat.json', '[1, 2]', [1, 2]],
    ['nested.json', '[[[1], [2]], [[3], [4]]]', [1, 2, 3, 4]],
    ['draw.json', '{ "mean": [[9, 9]], "z": [[1, 2]] }', [1, 2]],
    ['plain.csv', '1,2\n3,4\n', [1, 2, 3, 4]],
    ['draw.csv', 'z1,name,z0,mean0\n2,a,1,9\n', [1, 2]],
  ])('read %s', async (name, content, values) => {
    const { data, shape } = await readLatents(file(name, content), [2, 1]);
    expect([[...data], shape]).toEqual([values, [values.length / 2, 2, 1]]);
  });

  it.each([
    ['long.json', '[[1, 2, 3]]', `latent 0: 3 numbers; the model's latents have 2 ([2]).`],
    ['word.json', '[[1, "x"]]', 'latent 0: "x" at place 1 is no finite number.'],
    ['deep.json', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'latent 0: 1 number;'],
    ['deeper.json', `[1, ${'['.repeat(50_000)}${']'.repeat(50_000)}]`, 'latent 0: 1 number;'],
    ['object.json', '[[1, {}]]', 'latent 0: object at place 1 is no finite number.'],
    ['empty.json', '[]', 'latent 0: 0 numbers'],
    ['other.json', '{ "mu": 1 }', 'holds no list, nor an object with a list "z" or "mean".'],
    ['broken.json', '[1,', 'is no JSON: '],
    ['other.csv', 'a,b\n1,2\n', 'has neither columns z0, z1, … nor mean0, mean1, … in its header.'],
    ['gap.csv', '1,2\n3,\n', 'latent 1: "" at place 1 is no finite number.'],
    ['text.csv', 'z0,z1\n1,x\n', 'latent 0: "x" at place 1 is no finite number.'],
    ['large.csv', '1,2\n1e999,2\n', 'latent 1: "1e999" at place 0 is no finite number.'],
    ['null.json', '[[1, null]]', 'latent 0: null at place 1 is no finite number.'],
    ['wide.csv', 'z0,z1\n1,2\n1,2,3\n', 'latent 1: 3 fields, the header names 2.'],
    ['short.csv', 'z0,z1\n1\n', 'latent 0: "" at place 1'],
    ['nothing.csv', '', 'holds no latents.'],
    ['z.json#1', '[[1, 2]]', 'take one latent out of a .npy file only; give'],
    ['z.txt', '1', 'is no file of latents; give a .npy, .npz, .json or .csv file.'],
  ])('refuse %s', async (name, content, message) => {
    const path = file(name, content);
    await expect(readLatents(path, [2])).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
    await expect(readLatents(path, [2])).rejects.toThrow(path);
  });

  it.skipIf(process.platform === 'win32')('do not wait for pipes and devices', async () => {
    const pipe = join(folder, 'pipe.npy');
    execFileSync('mkfifo', [pipe]);
    await expect(readLatents(pipe, [2])).rejects.toThrow(`Cannot read "${pipe}": it is not a plain file.`);
    await expect(readLatents('/dev/zero', [2])).rejects.toThrow('"/dev/zero" is no file of latents');
  });

  it('read one item of an array', async () => {
    const path = join(folder, 'one.npy');
    await writeLatents(path, 'npy', { names, latents: { mean } });
    expect((await readLatents(`${path}#1`, [2])).data).toEqual(mean.data.slice(2));
  });
});
