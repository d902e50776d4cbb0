import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { parseManifest } from '@vae/sdk/manifest';
import { encodePng } from '@vae/sdk/media';
import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { runOnnx } from '../testing/run-onnx.js';
import { TINY_SHAPE } from '../testing/tiny-training.js';
import { exportModel } from './export-model.js';
import { at, model, out, preview, runExport, useModel } from './testing/tiny-model.js';
import { mismatch } from './verify.js';

useModel();

describe('a rounded model', () => {
  it.each([
    ['float16', 0.01],
    ['int8', 0.05],
  ] as const)('of %s is a model folder whose outputs are within its bound', async (dtype, bound) => {
    const { precision, files } = await runExport({ dtype });
    expect(precision).toMatchObject({ dtype, tolerance: bound });
    expect(files.map(({ name }) => name)).toEqual([
      'vae.json',
      'encoder.onnx',
      'decoder.onnx',
      'README.md',
      'preview.png',
    ]);
    const manifest = parseManifest(await readFile(out('vae.json'), 'utf8'), 'vae.json');
    const before = parseManifest(await readFile(model('vae.json'), 'utf8'), 'vae.json');
    expect({ ...manifest, files: before.files }).toEqual(before);
    for (const [half, input, shape] of [
      ['encoder', 'x', TINY_SHAPE],
      ['decoder', 'z', [3]],
    ] as const) {
      const bytes = await readFile(out(`${half}.onnx`));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(manifest.files[half]).toEqual({ path: `${half}.onnx`, bytes: bytes.length, sha256 });
      expect(precision![half].bytes).toBe(bytes.length);
      const extents = [5, ...shape];
      const count = extents.reduce((product, dim) => product * dim, 1);
      const feeds = { [input]: { data: normal({ seed: 6, stream: half }, count), shape: extents } };
      const [[got], [expected]] = [
        await runOnnx(bytes, feeds),
        await runOnnx(await readFile(model(`${half}.onnx`)), feeds),
      ];
      for (const [name, { data }] of Object.entries(expected))
        expect(mismatch(got[name].data, data) * 1e-5, name).toBeLessThan(bound);
    }
    const card = await readFile(out('README.md'), 'utf8');
    const old = await readFile(model('README.md'), 'utf8');
    const [copy, rest] = card.split('\n\n## Precision\n');
    expect(rest).toContain('| encoder `mean` |');
    // The same card, about other files.
    const without = (text: string) => text.replace(/\| (en|de)coder\.onnx \|.*\n?/g, '').trimEnd();
    expect(without(copy)).toBe(without(old));
    for (const half of ['encoder', 'decoder'] as const) expect(copy).toContain(manifest.files[half]!.sha256);
    expect(await readFile(out('preview.png'))).toEqual(Buffer.from(encodePng(preview)));
  });

  it('gets a model card where there was none, and is none to export from', async () => {
    await rm(model('README.md'));
    await runExport({ dtype: 'float16' });
    expect(await readFile(out('README.md'), 'utf8')).toMatch(/^# tiny\n\n## Precision\n/);
    await expect(exportModel(out(), { out: at('again'), engine: inThreadOrt })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(
        /element type 10, expected float32 \(1\); a rounded model does not give them back/,
      ),
    });
  });

  it.each([
    [{ dtype: 'float16', tolerance: 1e-9 }, 'export-mismatch', /is off by up to \S+ as float16/],
    [{ dtype: 'int8', format: 'tfjs' }, 'bad-option', /^--dtype int8 is for ONNX files/],
    [{ dtype: 'float16', exportVia: 'tf2onnx' }, 'bad-option', /^--dtype float16 is of the native writer/],
    [{ tolerance: 1 }, 'bad-option', /^--tolerance goes with --dtype float16 or int8/],
  ] as const)('with %j is refused, and nothing is written', async (options, code, message) => {
    await expect(runExport(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(at())).toEqual(['model']);
  });
});
