import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniform } from '@vae/sdk/random';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Compiled, State } from '../engines/engine.js';
import { oneHot } from '../model/label.js';
import { buildPrograms, initialState } from '../programs.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { runGraphModel } from '../testing/run-graph-model.js';
import { runOnnx } from '../testing/run-onnx.js';
import { conditional, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { type ExportModelOptions, exportModel } from './export-model.js';
import { exportHalves } from './halves.js';
import { fileEntry, type ModelFolder, writeModelFolder } from './model-folder.js';
import { mismatch, verifyExport } from './verify.js';

const CLASSES = ['cat', 'dog', 'owl'];
const [first, D, UNITS] = ['decoder.0-dense.weight', 2, 12];
const recipe = tinyRecipe({ model: conditional });
const programs = buildPrograms(recipe, TINY_SHAPE, CLASSES.length);
const added = 'encoder.label.weight';
/** Rows of classes that are not 0, as after some training. */
const rows = { data: uniform({ seed: 2, stream: 'rows' }, 3 * 64), shape: [3, 64] };
const weights: State = { ...initialState(programs, recipe.seed), [added]: rows };
const reference = Float32Array.from({ length: 9 * 64 }, (_, i) => (i % 5 === 0 ? 1 : 0));

let root: string;
let compiled: Compiled;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-conditional-'));
  const { encode, decode } = programs;
  compiled = await inThreadOrt.compile({ encode, decode }, weights);
});
afterEach(async () => {
  await compiled.dispose();
  await rm(root, { recursive: true });
});

/** What both halves are given: each class once, and a mixture. */
const label = Float32Array.of(...oneHot([0, 1, 2], 3), 0.5, 0.25, 0.25);
const beside = { label: { data: label, shape: [4, 3] } };
const z = uniform({ seed: 1, stream: 'z' }, 4 * D);
const x = reference.slice(0, 4 * 64);
const fedTo = {
  encoder: { x: { data: x, shape: [4, ...TINY_SHAPE] }, ...beside },
  decoder: { z: { data: z, shape: [4, D] }, ...beside },
};

const manifest: ModelFolder['manifest'] = {
  format: 'vae',
  version: 1,
  name: 'tiny',
  data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
  latent: { kind: 'gaussian', shape: [D] },
  likelihood: { kind: 'bernoulli', output: 'logits' },
  labels: { classes: CLASSES, conditional: true },
  training: { recipe },
};
const modelOf = (given: State): ModelFolder => ({
  ...{ manifest, programs, compiled, reference },
  ...{ weights: given, caveat: 'A caveat.' },
});

const model = (...path: string[]) => join(root, 'model', ...path);
const out = (...path: string[]) => join(root, 'out', ...path);
async function exported(options: Partial<ExportModelOptions>) {
  await writeModelFolder(model(), modelOf(weights));
  return exportModel(model(), { out: out(), engine: inThreadOrt, ...options });
}

describe('files of a conditional model', () => {
  it('compute what the trainer computes, for classes and mixtures', async () => {
    const halves = exportHalves(programs, weights);
    await verifyExport(halves, { programs, compiled, reference, weights });
    const [drawn] = await runOnnx(halves.decoder, fedTo.decoder);
    const expected = await compiled.run('decode', { z: z.slice(), label: label.slice() });
    for (const name of ['x', 'logits']) expect(mismatch(drawn[name].data, expected[name])).toBeLessThan(1);
    const [codes] = await runOnnx(halves.encoder, fedTo.encoder);
    const wanted = await compiled.run('encode', { x: x.slice(), label: label.slice() });
    for (const name of ['mean', 'logvar']) expect(mismatch(codes[name].data, wanted[name])).toBeLessThan(1);
  });

  it.each(
    CLASSES.flatMap((name, number) => [
      [name, 'decoder', first, (D + number) * UNITS, '"(x|logits)"'] as const,
      [name, 'encoder', added, number * 64, '"(mean|logvar)"'] as const,
    ]),
  )('are refused where a weight of the class %s is off by 1e-3: %s', async (_, half, name, at, outputs) => {
    const data = weights[name].data.slice();
    data[at] += 1e-3;
    const off = { ...weights, [name]: { ...weights[name], data } };
    await expect(writeModelFolder(model(), modelOf(off))).rejects.toMatchObject({
      code: 'export-mismatch',
      message: expect.stringMatching(new RegExp(`^${half}\\.onnx: output ${outputs} differs`)),
    });
    expect(await readdir(root)).toEqual([]);
  });

  it('are told how to call them on their card', async () => {
    await writeModelFolder(model(), modelOf(weights));
    const card = await readFile(model('README.md'), 'utf8');
    expect(card).toContain('A conditional variational autoencoder for images');
    expect(card).toContain('one of 3 (`cat`, `dog`, `owl`)');
    expect(card).toContain(
      '`encoder.onnx` takes `label` beside `x`, and `decoder.onnx` beside `z`, float32 N × 3',
    );
    expect(card).toContain('vae.sample(16, { seed: 1, label: "owl" })');
  });
});

/** One output of each half. */
const outputs = [
  ['encoder', 'mean'],
  ['decoder', 'x'],
] as const;

describe('a conditional model that is exported again', () => {
  it('gives the same files', async () => {
    await exported({});
    for (const half of ['encoder', 'decoder'])
      expect((await readFile(out(`${half}.onnx`))).equals(await readFile(model(`${half}.onnx`)))).toBe(true);
  });

  it.each([
    ['float16', 0.01],
    ['int8', 0.05],
  ] as const)('is measured as %s with labels', async (dtype, tolerance) => {
    const { precision } = await exported({ dtype });
    expect(precision?.decoder.outputs.x.largest).toBeLessThan(tolerance);
    for (const [half, output] of outputs) {
      const [found] = await runOnnx(await readFile(out(`${half}.onnx`)), fedTo[half]);
      const [expected] = await runOnnx(await readFile(model(`${half}.onnx`)), fedTo[half]);
      expect(mismatch(found[output].data, expected[output].data, tolerance)).toBeLessThan(1);
    }
  });

  it('computes the same for TensorFlow.js, which is told what to feed', async () => {
    await exported({ format: 'tfjs' });
    for (const [half, output] of outputs) {
      const names = (await readdir(out(half))).sort().reverse();
      const files = await Promise.all(
        names.map(async (name): Promise<[string, Uint8Array | string]> => {
          const bytes = await readFile(out(half, name));
          return [name, name === 'model.json' ? bytes.toString('utf8') : bytes];
        }),
      );
      const [found] = await runGraphModel(files, fedTo[half]);
      const [expected] = await runOnnx(await readFile(model(`${half}.onnx`)), fedTo[half]);
      expect(mismatch(found[output].data, expected[output].data)).toBeLessThan(1);
    }
    const readme = await readFile(out('README.md'), 'utf8');
    expect(readme).toContain('`encoder` takes `x` and `decoder` takes `z`, and both take `label`.');
    expect(readme).toContain('encoder.predict({ x, label });');
    expect(readme).toContain('decoder.predict({ z: mean, label });');
    expect(readme).toContain('| `label` | N × 3, 1 at the number of the class, 0 elsewhere |');
    const { userDefinedMetadata } = JSON.parse(await readFile(out('decoder/model.json'), 'utf8'));
    expect(userDefinedMetadata.vae.labels).toEqual({ classes: CLASSES, conditional: true });
  });

  it('has to have an encoder that takes labels, which earlier versions did not make', async () => {
    await writeModelFolder(model(), modelOf(weights));
    const untold = tinyRecipe({ model: { ...conditional, conditional: false } });
    const older = exportHalves(buildPrograms(untold, TINY_SHAPE), weights).encoder;
    const written = JSON.parse(await readFile(model('vae.json'), 'utf8'));
    const files = { ...written.files, encoder: fileEntry('encoder.onnx', older) };
    await writeFile(model('encoder.onnx'), older);
    await writeFile(model('vae.json'), JSON.stringify({ ...written, files }));
    await expect(exportModel(model(), { out: out(), engine: inThreadOrt })).rejects.toMatchObject({
      code: 'bad-file',
      message:
        `${model('encoder.onnx')}: it takes no label, as the encoders of conditional models that earlier versions of ` +
        '@vae/trainer made. As it is the SDK runs it; to export it again, train its recipe anew or take that version.',
    });
    expect(await readdir(root)).toEqual(['model']);
  });

  it('has no place in the layout of diffusers', async () => {
    await expect(exported({ layout: 'diffusers' })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        '--layout diffusers has no place for labels, and the model is conditioned on classes. Leave it out.',
    });
  });
});
