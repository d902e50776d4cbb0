import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpz } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { referenceEngine } from './engines/reference/index.js';
import { buildPrograms, initialState } from './programs.js';
import { describeStep, writeStepFiles } from './step-files.js';
import { runOnnx } from './testing/run-onnx.js';
import { conditional, everyLayer, TINY_SHAPE, tinyRecipe } from './testing/tiny-training.js';

const recipe = tinyRecipe({
  model: everyLayer,
  objective: { type: 'betaVae', beta: { type: 'linear', from: 0.25, to: 1, steps: 10 } },
});
const programs = buildPrograms(recipe, TINY_SHAPE);
const { graph, updates } = programs.train;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-step-'));
});
afterEach(() => rm(folder, { recursive: true }));
const write = (overwrite = false) =>
  writeStepFiles(join(folder, 'step'), recipe, { shape: TINY_SHAPE }, { overwrite });

describe('step.json', () => {
  const step = JSON.parse(JSON.stringify(describeStep(programs, recipe, { shape: TINY_SHAPE })));
  const byName = (items: { name: string }[]) => Object.fromEntries(items.map((item) => [item.name, item]));

  it('names every input and output of the graph, in order, each with a meaning', () => {
    expect(
      step.inputs.map(({ name, role, shape }: Record<string, unknown>) => ({ name, role, shape })),
    ).toEqual(graph.inputs.map(({ name, role, shape }) => ({ name, role, shape })));
    expect(step.outputs.map(({ name }: { name: string }) => name)).toEqual([...graph.outputs.keys()]);
    for (const { meaning } of [...step.inputs, ...step.outputs]) expect(meaning.length).toBeGreaterThan(10);
  });

  it('says what to feed: noise and how it is drawn, scalars and their first value', () => {
    const inputs = byName(step.inputs);
    expect(inputs.eps).toMatchObject({ role: 'noise', shape: ['N', 3], noise: { kind: 'normal' } });
    expect(inputs['encoder.4-dropout.mask']).toMatchObject({ noise: { kind: 'mask', keep: 0.8 } });
    expect(inputs.beta).toMatchObject({ role: 'scalar', shape: [], firstValue: 0.25 });
    expect(inputs.learningRate).toMatchObject({ role: 'scalar', firstValue: 0.01 });
    expect(inputs.x).toMatchObject({ role: 'data', shape: ['N', 1, 8, 8] });
  });

  it('says what classes there are to feed, where the recipe is conditional', () => {
    const told = tinyRecipe({ model: conditional });
    const form = { shape: TINY_SHAPE, classes: ['even', 'odd'] };
    const { inputs, outputs, data } = describeStep(buildPrograms(told, TINY_SHAPE, 2), told, form);
    expect(byName([...inputs]).label).toMatchObject({ role: 'data', shape: ['N', 2] });
    expect(data).toEqual({ shape: TINY_SHAPE, range: [0, 1], classes: form.classes });
    expect(byName([...outputs]).bound).toMatchObject({ meaning: expect.stringContaining('log p(x|y)') });
    expect(describeStep(programs, recipe, form).data).not.toHaveProperty('classes');
  });

  it('says what values lie between', () => {
    const rangeOf = (range?: readonly [number, number] | null) =>
      JSON.parse(JSON.stringify(describeStep(programs, recipe, { shape: TINY_SHAPE, range }))).data.range;
    expect(rangeOf()).toEqual([0, 1]);
    expect(rangeOf([-1, 1])).toEqual([-1, 1]);
    expect(rangeOf(null)).toBeNull();
  });

  it('pairs every state input with the output that replaces it', () => {
    const pairs = step.outputs
      .filter(({ replaces }: { replaces?: string }) => replaces)
      .map(({ name, replaces }: { name: string; replaces: string }) => [replaces, name]);
    expect(pairs.sort()).toEqual([...updates].sort());
  });

  it('lists the parameters with their place in the networks', () => {
    expect(step.parameters.map(({ name }: { name: string }) => name)).toEqual([
      ...programs.parameters.keys(),
    ]);
    expect(step.parameters[0]).toEqual({
      name: 'encoder.0-conv2d.weight',
      shape: [3, 1, 3, 3],
      place: { network: 'encoder', layer: '0-conv2d', tensor: 'weight' },
      input: 'encoder.0-conv2d.weight',
      output: 'encoder.0-conv2d.weight.next',
    });
    expect(step).toMatchObject({
      format: 'vae-step',
      version: 1,
      recipe: 'tiny',
      opset: 17,
      data: { shape: [1, 8, 8], range: [0, 1] },
      batch: { axis: 'N', recommended: 8 },
    });
  });
});

describe('the files of a step', () => {
  it('are three, and state.npz holds every state input', async () => {
    const files = await write();
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual(
      ['step.onnx', 'step.json', 'state.npz'].map((name) => join('step', name)),
    );
    const state = decodeNpz(await readFile(files[2]));
    const inputs = graph.inputs.filter(({ role }) => role === 'state');
    expect(Object.keys(state).sort()).toEqual(inputs.map(({ name }) => name).sort());
    for (const { name, shape } of inputs) expect(state[name].shape).toEqual([...shape]);
    expect(state).toEqual(initialState(programs, recipe.seed));
  });

  it('are a step that ONNX Runtime takes at any batch size, as the reference does', async () => {
    const [onnx, , npz] = await write();
    const state = decodeNpz(await readFile(npz));
    const open = { ...programs.train, batch: undefined };
    for (const batch of [1, 3]) {
      const reference = await referenceEngine.compile({ train: open }, state);
      const fed: Record<string, { data: Float32Array; shape: number[] }> = {};
      for (const { name, shape, role } of graph.inputs) {
        if (role === 'state' || role === 'gradient') continue;
        const sizes = shape.map((dim) => (dim === 'N' ? batch : (dim as number)));
        const count = sizes.reduce((size, dim) => size * dim, 1);
        const value = { data: 0.5, noise: 0.8, weight: 1 / batch, scalar: 0.01 }[role];
        fed[name] = { data: new Float32Array(count).fill(value), shape: sizes };
      }
      const feeds = Object.fromEntries(Object.entries(fed).map(([name, { data }]) => [name, data]));
      const expected = await reference.run('train', feeds);
      const [found] = await runOnnx(await readFile(onnx), { ...state, ...fed });
      expect(Object.keys(found).sort()).toEqual([...graph.outputs.keys()].sort());
      expect(found.loss.data[0]).toBeCloseTo(expected.loss[0], 3);
      const next = await reference.readState();
      for (const [name, output] of updates) {
        expect(found[output].shape).toEqual([...next[name].shape]);
        expect(found[output].data[0]).toBeCloseTo(next[name].data[0], 4);
      }
    }
  });

  it('replace nothing without being told to, and nothing of someone else at all', async () => {
    await write();
    await expect(write()).rejects.toThrow('is not empty; choose another or add --overwrite');
    await write(true);
    await writeFile(join(folder, 'step', 'notes.txt'), 'mine');
    await expect(write(true)).rejects.toThrow('holds "notes.txt"');
    expect((await readdir(join(folder, 'step'))).sort()).toEqual([
      'notes.txt',
      'state.npz',
      'step.json',
      'step.onnx',
    ]);
  });

  it('are the same bytes each time', async () => {
    const first = await Promise.all((await write()).map((file) => readFile(file)));
    const second = await Promise.all((await write(true)).map((file) => readFile(file)));
    expect(second.every((bytes, i) => bytes.equals(first[i]))).toBe(true);
  });

  it('are not written for networks that do not fit the data', async () => {
    await expect(
      writeStepFiles(join(folder, 'other'), recipe, { shape: [1, 9, 9] }, { overwrite: false }),
    ).rejects.toMatchObject({
      name: 'TrainerError',
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
