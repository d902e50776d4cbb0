import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Compiled } from '../engines/engine.js';
import type { OnnxModel } from '../onnx/model.js';
import { writeOnnx } from '../onnx/writer.js';
import { buildPrograms, type Programs } from '../programs.js';
import type { RunTool, ToolOutcome } from '../setup/tool.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { tensorflowPython } from '../testing/tensorflow-python.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { type Converter, convertHalves } from './convert.js';
import { exportHalves, graphOf, type HalfName, weightsOf } from './halves.js';
import { type ModelFolder, writeModelFolder } from './model-folder.js';
import { programs, weights } from './testing/tiny-model.js';

type Network = typeof everyLayer;
const programsFor = (model: Network): Programs => buildPrograms(tinyRecipe({ model }), TINY_SHAPE);

/** Converts by our own writer, after `change`: what tf2onnx would do if it erred in that way. */
const converterFrom =
  (changed: Programs, edit: (model: OnnxModel, half: HalfName) => OnnxModel = (model) => model): Converter =>
  async (conversions) => {
    for (const { output, savedModel } of conversions) {
      const half = savedModel.endsWith('encoder') ? 'encoder' : 'decoder';
      const graph = graphOf(changed, half);
      const model = lower(graph, exportTarget, { weights: weightsOf(graph, weights) });
      await writeFile(output, writeOnnx(edit(model, half)));
    }
    return { tf2onnx: '1.17.0' };
  };

/** A convolution's zeros on the other side: the same shapes, the picture moved by one. */
function movedPadding(network: 'encoder' | 'decoder', index: number, padding: number[]): Network {
  const layers = everyLayer[network].map((layer, i) =>
    i === index && typeof layer === 'object' ? { ...layer, padding } : layer,
  );
  return { ...everyLayer, [network]: layers } as Network;
}

let root: string;
let compiled: Compiled;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-convert-test-'));
  const { encode, decode } = programs;
  compiled = await inThreadOrt.compile({ encode, decode }, weights);
});
afterEach(async () => {
  await compiled.dispose();
  await rm(root, { recursive: true });
});

const modelFor = (conversion: ModelFolder['conversion']): ModelFolder => ({
  manifest: {
    format: 'vae',
    version: 1,
    name: 'tiny',
    data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [3] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    training: { versions: { node: '20' } },
  },
  programs,
  weights,
  compiled,
  reference: Float32Array.from({ length: 9 * 64 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
  caveat: 'A caveat.',
  exportVia: 'tf2onnx',
  conversion,
});

describe('a model folder via tf2onnx', () => {
  it('records who made its files', async () => {
    const manifest = await writeModelFolder(
      join(root, 'vae'),
      modelFor({ convert: converterFrom(programs) }),
    );
    expect(manifest.training?.versions).toEqual({ node: '20', tf2onnx: '1.17.0' });
    const encoder = await readFile(join(root, 'vae/encoder.onnx'));
    // The converter above leaves biases to nodes of their own, the native writer does not.
    const native = exportHalves(programs, weights);
    expect(encoder.equals(native.encoder)).toBe(false);
  });

  it.each<[string, Network, RegExp]>([
    ['a convolution', movedPadding('encoder', 2, [1, 1, 1, 0]), /^encoder\.onnx: output "mean" differs/],
    [
      'a transposed convolution',
      movedPadding('decoder', 6, [0, 1, 2, 1]),
      /^decoder\.onnx: output "(x|logits)" differs/,
    ],
  ])('is not written when the padding of %s was moved by one', async (_, network, message) => {
    const convert = converterFrom(programsFor(network));
    await expect(writeModelFolder(join(root, 'vae'), modelFor({ convert }))).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'export-mismatch',
      message: expect.stringMatching(message),
    });
    expect(await readdir(root)).toEqual([]);
  });

  const renamed = (name: string): string => (name === 'logvar' ? 'log_variance' : name);
  const onEncoder = (edit: (model: OnnxModel) => OnnxModel): Converter =>
    converterFrom(programs, (model, half) => (half === 'encoder' ? edit(model) : model));
  it.each<[string, Converter, RegExp]>([
    [
      'an output of another name',
      onEncoder((model) => ({
        ...model,
        nodes: model.nodes.map((node) => ({ ...node, outputs: node.outputs.map(renamed) })),
        outputs: model.outputs.map((port) => ({ ...port, name: renamed(port.name) })),
      })),
      /its outputs are mean\[N, 3\],log_variance\[N, 3\], expected mean\[N, 3\],logvar\[N, 3\]/,
    ],
    [
      'a fixed batch',
      onEncoder((model) => ({ ...model, inputs: [{ name: 'x', dims: [1, ...TINY_SHAPE] }] })),
      /its inputs are x\[1, 1, 8, 8\], expected x\[N, 1, 8, 8\]/,
    ],
  ])('is not written with %s', async (_, convert, message) => {
    await expect(writeModelFolder(join(root, 'vae'), modelFor({ convert }))).rejects.toMatchObject({
      code: 'export-failed',
      message: expect.stringMatching(message),
    });
    expect(await readdir(root)).toEqual([]);
  });
});

describe('the conversion', () => {
  const outcome = (changes: Partial<ToolOutcome>): ToolOutcome => ({
    code: 1,
    stdout: '',
    output: '',
    ...changes,
  });
  it.each<[string, Partial<ToolOutcome>, RegExp]>([
    [
      'an error of its own',
      { stdout: '{"error": "ValueError: no"}\n' },
      /could not convert the model: ValueError: no\./,
    ],
    ['no answer', { stdout: 'Killed' }, /it ended by exit code 1 without an answer\./],
    ['a crash', { code: null, endedBy: 'SIGSEGV' }, /it ended by SIGSEGV without an answer\./],
  ])('says what went wrong: %s', async (_, ended, message) => {
    const seen: { folder?: string; request?: unknown } = {};
    const run: RunTool = async (_file, words) => {
      const request = words.at(-1)!;
      seen.folder = join(request, '..');
      seen.request = JSON.parse(await readFile(request, 'utf8'));
      return outcome(ended);
    };
    const python = async () => ({ python: '/usr/bin/python3', folder: '/usr' });
    await expect(convertHalves(programs, weights, { run, python })).rejects.toMatchObject({
      code: 'export-failed',
      message: expect.stringMatching(message),
    });
    expect(seen.request).toMatchObject({
      opset: 17,
      models: [
        { inputs: ['x'], names: ['mean', 'logvar'] },
        { inputs: ['z'], names: ['x', 'logits'] },
      ],
    });
    expect(existsSync(seen.folder!)).toBe(false);
  });

  it.skipIf(!tensorflowPython)(
    'by tf2onnx computes what every layer does (needs VAE_TEST_TENSORFLOW_PYTHON)',
    { timeout: 300_000 },
    async () => {
      const python = async () => ({ python: tensorflowPython!, folder: '' });
      const manifest = await writeModelFolder(join(root, 'vae'), modelFor({ python }));
      expect(manifest.training?.versions).toMatchObject({ tf2onnx: expect.stringMatching(/^1\./) });
    },
  );
});
