import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { runGraphModel } from '../testing/run-graph-model.js';
import { runOnnx } from '../testing/run-onnx.js';
import { TINY_SHAPE } from '../testing/tiny-training.js';
import { model, out, runExport, useModel } from './testing/tiny-model.js';
import { mismatch } from './verify.js';

useModel();

describe('a model for TensorFlow.js', () => {
  const files = async (half: string) => {
    const names = (await readdir(out(half))).sort().reverse();
    return Promise.all(
      names.map(async (name): Promise<[string, Uint8Array | string]> => {
        const bytes = await readFile(out(half, name));
        return [name, name === 'model.json' ? bytes.toString('utf8') : bytes];
      }),
    );
  };

  it('computes what the .onnx files do', async () => {
    const result = await runExport({ format: 'tfjs' });
    expect(result.via).toBeUndefined();
    expect((await readdir(out())).sort()).toEqual(['README.md', 'decoder', 'encoder']);
    for (const [half, input, shape] of [
      ['encoder', 'x', TINY_SHAPE],
      ['decoder', 'z', [3]],
    ] as const)
      for (const batch of [1, 7]) {
        const extents = [batch, ...shape];
        const count = extents.reduce((product, dim) => product * dim, 1);
        const feeds = { [input]: { data: normal({ seed: 2, stream: half }, count), shape: extents } };
        const [got] = await runGraphModel(await files(half), feeds);
        const [expected] = await runOnnx(await readFile(model(`${half}.onnx`)), feeds);
        expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
        for (const name of Object.keys(expected)) {
          expect(got[name].shape).toEqual(expected[name].shape);
          expect(mismatch(got[name].data, expected[name].data), name).toBeLessThan(1);
        }
      }
  });

  it('says what its numbers mean', async () => {
    await runExport({ format: 'tfjs' });
    const { userDefinedMetadata } = JSON.parse(await readFile(out('decoder/model.json'), 'utf8'));
    expect(userDefinedMetadata.vae).toMatchObject({
      name: 'tiny',
      data: { shape: [...TINY_SHAPE], range: [0, 1] },
      latent: { kind: 'gaussian', shape: [3] },
      prior: { mean: [0, 1, 2] },
    });
    expect(await readFile(out('README.md'), 'utf8')).toContain("tf.loadGraphModel('encoder/model.json')");
  });

  it('replaces an exported model only when told, and nothing else', async () => {
    await runExport({ format: 'tfjs' });
    await expect(runExport({ format: 'tfjs' })).rejects.toThrow('is not empty');
    await runExport({ format: 'tfjs', overwrite: true });
    await rm(out('decoder'), { recursive: true });
    await mkdir(out('decoder'));
    await writeFile(out('decoder', 'thesis.txt'), 'mine');
    await expect(runExport({ format: 'tfjs', overwrite: true })).rejects.toThrow('holds "decoder"');
    expect(await readFile(out('decoder', 'thesis.txt'), 'utf8')).toBe('mine');
  });
});
