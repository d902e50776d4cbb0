import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
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
import { type ModelFolder, writeModelFolder } from './model-folder.js';
import { mismatch, verifyExport } from './verify.js';

const CLASSES = ['cat', 'dog', 'owl'];
const [first, D, UNITS] = ['decoder.0-dense.weight', 2, 12];
const recipe = tinyRecipe({ model: conditional });
const programs = buildPrograms(recipe, TINY_SHAPE, CLASSES.length);
const weights = initialState(programs, recipe.seed);
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

/** What a decoder is asked for: each class once, and a mixture. */
const z = uniform({ seed: 1, stream: 'z' }, 4 * D);
const label = Float32Array.of(...oneHot([0, 1, 2], 3), 0.5, 0.25, 0.25);
const fed = { z: { data: z, shape: [4, D] }, label: { data: label, shape: [4, 3] } };

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
    const [found] = await runOnnx(halves.decoder, fed);
    const expected = await compiled.run('decode', { z: z.slice(), label: label.slice() });
    for (const name of ['x', 'logits']) expect(mismatch(found[name].data, expected[name])).toBeLessThan(1);
  });

  it.each(CLASSES.map((name, number) => [name, number] as const))(
    'are refused where a weight of the class %s is off by 1e-3',
    async (_, number) => {
      const data = weights[first].data.slice();
      data[(D + number) * UNITS] += 1e-3;
      const off = { ...weights, [first]: { ...weights[first], data } };
      await expect(writeModelFolder(model(), modelOf(off))).rejects.toMatchObject({
        code: 'export-mismatch',
        message: expect.stringMatching(/^decoder\.onnx: output "(x|logits)" differs/),
      });
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('are told how to call them on their card', async () => {
    await writeModelFolder(model(), modelOf(weights));
    const card = await readFile(model('README.md'), 'utf8');
    expect(card).toContain('A conditional variational autoencoder for images');
    expect(card).toContain('one of 3 (`cat`, `dog`, `owl`)');
    expect(card).toContain('`decoder.onnx` takes `label`, float32 N × 3, beside `z`');
    expect(card).toContain('vae.sample(16, { seed: 1, label: "owl" })');
  });
});

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
    const [found] = await runOnnx(await readFile(out('decoder.onnx')), fed);
    const [expected] = await runOnnx(await readFile(model('decoder.onnx')), fed);
    expect(mismatch(found.x.data, expected.x.data, tolerance)).toBeLessThan(1);
  });

  it('computes the same for TensorFlow.js, which is told what to feed', async () => {
    await exported({ format: 'tfjs' });
    const names = (await readdir(out('decoder'))).sort().reverse();
    const files = await Promise.all(
      names.map(async (name): Promise<[string, Uint8Array | string]> => {
        const bytes = await readFile(out('decoder', name));
        return [name, name === 'model.json' ? bytes.toString('utf8') : bytes];
      }),
    );
    const [found] = await runGraphModel(files, fed);
    const [expected] = await runOnnx(await readFile(model('decoder.onnx')), fed);
    expect(mismatch(found.x.data, expected.x.data)).toBeLessThan(1);
    const readme = await readFile(out('README.md'), 'utf8');
    expect(readme).toContain('| `label` | N × 3, 1 at the number of the class, 0 elsewhere |');
    const { userDefinedMetadata } = JSON.parse(await readFile(out('decoder/model.json'), 'utf8'));
    expect(userDefinedMetadata.vae.labels).toEqual({ classes: CLASSES, conditional: true });
  });

  it('has no place in the layout of diffusers', async () => {
    await expect(exported({ layout: 'diffusers' })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        '--layout diffusers has no place for labels, and the model is conditioned on classes. Leave it out.',
    });
  });
});
