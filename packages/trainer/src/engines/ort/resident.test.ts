import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../programs.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { webgpu } from './devices/webgpu.js';
import { whole } from './devices/whole.js';
import { ResidentPrograms } from './resident.js';

// The class on the CPU; test/runtimes and test/browser run it on WebGPU.

const recipe = tinyRecipe();
const programs = buildPrograms(recipe, TINY_SHAPE);
const { train, encode } = programs;
const state = initialState(programs, recipe.seed);

const feedsOf = (steps: number) => tinyFeeds(recipe, steps);

describe('programs whose state stays on the device', () => {
  it('give what programs with their state in the host give', async () => {
    const runtime = await loadRuntime({ device: 'cpu' });
    const setup = webgpu.prepare({ train, encode }, state, 1);
    const [resident, host] = [await ResidentPrograms.open(runtime, setup), await whole.open(runtime, setup)];
    expect(await resident.readState()).toEqual(state);
    const feeds = await feedsOf(5);
    // Asked for all at once: they run in this order, one at a time.
    const found = await Promise.all(feeds.map((one) => resident.run('train', one)));
    for (const [i, one] of feeds.entries()) {
      const expected = await host.run('train', one);
      for (const [name, values] of Object.entries(expected))
        expect(found[i][name][0]).toBeCloseTo(values[0], 4);
    }
    const x = () => ({ x: new Float32Array(64).fill(0.5) });
    const [{ mean }, { mean: expected }] = [await resident.run('encode', x()), await host.run('encode', x())];
    mean.forEach((value, i) => void expect(value).toBeCloseTo(expected[i], 4));
    await Promise.all([resident.dispose(), host.dispose()]);
  });

  it('count what comes back', async () => {
    const resident = await ResidentPrograms.open(
      await loadRuntime({ device: 'cpu' }),
      webgpu.prepare({ train }, state, 1),
    );
    const results = await resident.run('train', (await feedsOf(1))[0]);
    const stepBytes = 4 * Object.keys(results).length;
    expect(resident.bytesRead).toBe(stepBytes);
    const read = await resident.readState();
    const stateBytes = 4 * Object.values(read).reduce((sum, { data }) => sum + data.length, 0);
    expect(resident.bytesRead).toBe(stepBytes + stateBytes);
    await resident.writeState(state);
    expect(await resident.readState()).toEqual(state);
    await resident.dispose();
    await resident.dispose();
  });

  it('name a program that fails', async () => {
    const runtime = await loadRuntime({ device: 'cpu' });
    const broken = { bytes: new Uint8Array([1]), feeds: [], reads: [], updates: [] };
    await expect(ResidentPrograms.open(runtime, { programs: { broken }, state: {} })).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringMatching(/loading the program "broken" failed \(/),
    });
  });

  it('are not called any more when their GPU was lost', async () => {
    const calls: string[] = [];
    const session = {
      run: async () => {
        calls.push('run');
        throw new Error('WebGPU validation failed. Device is lost.');
      },
      release: async () => void calls.push('release'),
    };
    const { ort, ...runtime } = await loadRuntime({ device: 'cpu' });
    const create = async () => session;
    const lossy = { ...runtime, ort: { ...ort, Tensor: ort.Tensor, InferenceSession: { create } } };
    const opened = await ResidentPrograms.open(lossy as never, webgpu.prepare({ train }, state, 1));
    const [feeds] = await feedsOf(1);
    const lost = {
      code: 'engine-failed',
      message: 'onnxruntime: running the program "train" failed (WebGPU validation failed. Device is lost.).',
    };
    await expect(opened.run('train', feeds)).rejects.toMatchObject(lost);
    await expect(opened.run('train', feeds)).rejects.toMatchObject(lost);
    await expect(opened.readState()).rejects.toMatchObject(lost);
    await expect(opened.writeState(state)).rejects.toMatchObject(lost);
    await opened.dispose();
    expect(calls).toEqual(['run']);
  });
});
