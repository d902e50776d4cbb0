import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decodeNpy } from '@vae/sdk/media';
import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { root, run, withFolder } from '../support/project.js';

const here = import.meta.dirname;

const pythonOf = (variable: string, folder: string) =>
  [process.env[variable], join(root, '.cache', folder, 'bin/python')].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );

/** Paths of all files in the cases whose names start so, sorted. */
async function filesOf(folder: string, prefixes: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  return paths.filter((path) => prefixes.some((prefix) => path.startsWith(prefix))).sort();
}

/** A graph's inputs and outputs: names, element types and sizes. */
async function interfaceOf(file: string) {
  const runtime = await loadRuntime({ device: 'cpu' });
  const weights = `${file}.data`;
  const externalData = existsSync(weights)
    ? [{ path: basename(weights), data: await readFile(weights) }]
    : [];
  const session = await runtime.createSession(await readFile(file), { externalData });
  await session.release();
  const { inputs, outputs } = session;
  return { inputs: inputs.map(withoutCounters), outputs: outputs.map(withoutCounters) };
}

/** Sizes that tf2onnx does not know are named by a counter, which the order of a run decides. */
const withoutCounters = <Port extends { readonly dims: readonly (number | string)[] }>(port: Port): Port => ({
  ...port,
  dims: port.dims.map((dim) => (typeof dim === 'string' ? dim.replace(/^unk__\d+$/, 'unk') : dim)),
});

/** Half precision rounds differently from processor to processor. */
const toleranceOf = (path: string) => (dirname(path).includes('fp16') ? 2e-3 : 1e-5);

async function expectSameArray(path: string, fresh: string): Promise<void> {
  const [ours, theirs] = [join(here, path), join(fresh, path)];
  const [expected, got] = [decodeNpy(await readFile(ours)), decodeNpy(await readFile(theirs))];
  expect(got.shape, path).toEqual(expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const error = got.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i])), 0);
  expect(error, path).toBeLessThan(toleranceOf(path) * largest);
}

const readJson = async (...path: string[]) => JSON.parse(await readFile(join(...path), 'utf8'));

async function expectSameFile(path: string, fresh: string): Promise<void> {
  if (path.endsWith('.npy')) await expectSameArray(path, fresh);
  if (path.endsWith('.onnx')) {
    expect(await interfaceOf(join(fresh, path)), path).toEqual(await interfaceOf(join(here, path)));
  }
  if (path.endsWith('.json')) expect(await readJson(fresh, path), path).toEqual(await readJson(here, path));
}

describe.each([
  {
    script: 'make_torch.py',
    variable: 'VAE_TEST_TORCH_PYTHON',
    folder: 'python-torch',
    prefixes: ['torch-', 'diffusers-'],
    least: 10,
  },
  {
    script: 'make_layers.py',
    variable: 'VAE_TEST_TORCH_PYTHON',
    folder: 'python-torch',
    prefixes: ['layers-'],
    least: 1,
  },
  {
    script: 'make_keras.py',
    variable: 'VAE_TEST_KERAS_PYTHON',
    folder: 'python-keras',
    prefixes: ['keras-'],
    least: 10,
  },
])('$script', ({ script, variable, folder, prefixes, least }) => {
  const python = pythonOf(variable, folder);

  // The script itself holds each export against what the framework computes.
  it.skipIf(!python)(`makes the committed files again (needs ${variable})`, { timeout: 300_000 }, () =>
    withFolder(async (fresh) => {
      const made = await run(python!, ['-W', 'ignore', join(here, script), fresh]);
      expect(made, made.stderr).toMatchObject({ code: 0 });
      const files = await filesOf(here, prefixes);
      expect(files.length).toBeGreaterThanOrEqual(least);
      expect(await filesOf(fresh, prefixes)).toEqual(files);
      for (const path of files) await expectSameFile(path, fresh);
    }),
  );
});
