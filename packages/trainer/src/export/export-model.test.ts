import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { encodePng } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { everyLayer, tinyRecipe } from '../testing/tiny-training.js';
import { at, editManifest, model, out, preview, runExport, useModel } from './testing/tiny-model.js';

useModel();

describe('exporting a model again', () => {
  it('gives the same folder', async () => {
    const result = await runExport();
    expect(result).toMatchObject({ output: out(), name: 'tiny', format: 'onnx', via: 'native' });
    const names = ['README.md', 'decoder.onnx', 'encoder.onnx', 'preview.png', 'vae.json'];
    expect((await readdir(out())).sort()).toEqual(names);
    for (const name of names)
      expect(Buffer.compare(await readFile(out(name)), await readFile(model(name))), name).toBe(0);
    expect(await readFile(out('preview.png'))).toEqual(Buffer.from(encodePng(preview)));
  });

  it('is refused where the recipe makes another network than the files hold', async () => {
    await editManifest(({ training }) => ({
      training: { ...training, recipe: tinyRecipe({ model: { ...everyLayer, heads: 'separate' } }) },
    }));
    await expect(runExport()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('no weights "encoder.mean.weight" in it'),
    });
  });

  it('is refused where the rebuilt network computes something else', async () => {
    const encoder = everyLayer.encoder.map((layer) => (layer === 'relu' ? 'tanh' : layer));
    await editManifest(({ training }) => ({
      training: { ...training, recipe: tinyRecipe({ model: { ...everyLayer, encoder } }) },
    }));
    await expect(runExport()).rejects.toMatchObject({
      code: 'export-mismatch',
      message: expect.stringContaining("differs from the model's own file"),
    });
    expect(await readdir(at())).toEqual(['model']);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'without a recipe',
      () => editManifest(({ training: _, ...rest }) => ({ ...rest, training: undefined })),
      /vae\.json: there is no training\.recipe to rebuild the model from\. Only models that vae-train made/,
    ],
    [
      'with a recipe that is none',
      () => editManifest(() => ({ training: { recipe: { name: 'x' } } })),
      /vae\.json, training\.recipe: /,
    ],
    [
      'of one half',
      () => editManifest(({ files: { encoder } }) => ({ files: { encoder } })),
      /the model has no decoder; exporting needs both halves/,
    ],
    [
      'with a changed file',
      async () => {
        const bytes = await readFile(model('decoder.onnx'));
        bytes[bytes.length - 20] ^= 1;
        await writeFile(model('decoder.onnx'), bytes);
      },
      /decoder\.onnx: size or SHA-256 is not what vae\.json says/,
    ],
    [
      'that is no ONNX',
      async () => {
        const bytes = Buffer.from('not a model');
        await writeFile(model('encoder.onnx'), bytes);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const encoder = { path: 'encoder.onnx', bytes: bytes.length, sha256 };
        await editManifest(({ files }) => ({ files: { ...files, encoder } }));
      },
      /encoder\.onnx: /,
    ],
  ])('is refused for a model %s', async (_, spoil, message) => {
    await spoil();
    await expect(runExport()).rejects.toMatchObject({
      name: 'TrainerError',
      message: expect.stringMatching(message),
    });
    expect(await readdir(at())).toEqual(['model']);
  });
});
