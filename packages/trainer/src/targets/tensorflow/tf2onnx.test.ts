import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../engines/reference/index.js';
import { convertWithTf2onnx } from '../../export/convert.js';
import { buildGraph, type Graph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { input } from '../../graph/value.js';
import { writeSavedModel } from '../../tensorflow/saved-model.js';
import { caseInputs, drawCase, type OpCase, opCases } from '../../testing/op-cases.js';
import { relativeDifference, runOnnx } from '../../testing/run-onnx.js';
import { tensorflowPython } from '../../testing/tensorflow-python.js';
import { lowerToTensorflow } from './index.js';

// Its own input tells the batch size to graphs that have no other; a converter drops it where nothing reads it.
const batchInput = input('batch', 'data', ['N'], 'Tells how many samples there are.');
const graphOf = (opCase: OpCase): Graph => {
  const inputs = caseInputs(opCase);
  return buildGraph('case', { y: opCase.of(...inputs) }, [...inputs, batchInput]);
};

describe.skipIf(!tensorflowPython)('through tf2onnx (needs VAE_TEST_TENSORFLOW_PYTHON)', () => {
  let folder: string;
  const outputOf = (index: number) => join(folder, `${index}.onnx`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vae-tf2onnx-'));
    const conversions = opCases.map((opCase, i) => ({
      savedModel: join(folder, String(i)),
      output: outputOf(i),
      inputs: graphOf(opCase).inputs.map(({ name }) => name),
      names: ['y'],
    }));
    for (const [i, { savedModel }] of conversions.entries()) {
      await mkdir(savedModel);
      const bytes = writeSavedModel(lowerToTensorflow(graphOf(opCases[i])));
      await writeFile(join(savedModel, 'saved_model.pb'), bytes);
    }
    const python = async () => ({ python: tensorflowPython!, folder });
    await convertWithTf2onnx(conversions, { folder, python });
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(opCases.map((opCase, index) => ({ ...opCase, index })))(
    'computes what the reference does: $title',
    async ({ index, ...opCase }) => {
      for (const batch of [1, 3]) {
        const arrays = drawCase(opCase, batch);
        const feeds = arrays.map((data, i) => [
          `x${i}`,
          { data, shape: resolveShape(opCase.shapes[i], batch) },
        ]);
        const given = {
          ...Object.fromEntries(feeds),
          batch: { data: new Float32Array(batch), shape: [batch] },
        };
        const [{ y }] = await runOnnx(await readFile(outputOf(index)), given);
        const named = Object.fromEntries(arrays.map((data, i) => [`x${i}`, data]));
        const expected = evaluate(graphOf(opCase), { ...named, batch: new Float32Array(batch) }, batch);
        expect(relativeDifference(y, expected.y), `batch ${batch}`).toBeLessThanOrEqual(1e-5);
      }
    },
  );
});
