import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../programs.js';
import { inThreadTfjs } from '../../testing/tfjs-backends.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import type { Compiled } from '../engine.js';
import { builtFile } from '../thread/built-file.js';
import { tfjsEngine, toTfjsSetup } from './index.js';
import { ThreadedPrograms } from './thread.js';

const file = 'tfjs/worker.js';
const isBuilt = existsSync(builtFile(file));
const only = process.env.VAE_TEST_TFJS_NODE === '1' ? 'native' : 'wasm';

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const { train, encode, decode, evaluate } = programs;
const state = initialState(programs, 0);
const batch = (samples: number) => ({ x: new Float32Array(samples * 64).fill(0.5) });
const refusal = { name: 'TrainerError', code: 'engine-failed' };

describe.skipIf(!isBuilt)('TensorFlow.js in its thread (needs a build of the trainer)', () => {
  let compiled: Compiled | undefined;
  const open = async () => {
    const setup = {
      ...toTfjsSetup({ train, encode, decode, evaluate }, state, { threads: 1, device: 'cpu' }),
      only,
    };
    compiled = await ThreadedPrograms.open(file, setup);
    return compiled;
  };
  afterEach(() => compiled?.dispose());

  it('computes what it computes without one', async () => {
    const [inThread, engine] = [await inThreadTfjs(only).compile({ encode, decode }, state), await open()];
    expect(engine.description).toBe(inThread.description);
    expect([engine.versions, engine.device]).toEqual([inThread.versions, inThread.device]);
    expect(await engine.run('encode', batch(3))).toEqual(await inThread.run('encode', batch(3)));
    expect(await engine.readState()).toEqual(state);
    const changed = { ...state, 'decoder.0-dense.bias': { data: new Float32Array(16).fill(1), shape: [16] } };
    await engine.writeState(changed);
    await inThread.writeState(changed);
    const z = () => ({ z: Float32Array.of(1, 2, 3) });
    expect(await engine.run('decode', z())).toEqual(await inThread.run('decode', z()));
    await inThread.dispose();
  });

  it('answers questions in the order they were asked', async () => {
    const engine = await open();
    const answers = await Promise.all([1, 2, 3, 4].map((samples) => engine.run('encode', batch(samples))));
    expect(answers.map(({ mean }) => mean!.length)).toEqual([3, 6, 9, 12]);
  });

  it('leaves the event loop free during a long run', async () => {
    const engine = await open();
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 5);
    const feeds = batch(50_000);
    const started = performance.now();
    await engine.run('encode', feeds);
    const elapsed = performance.now() - started;
    clearInterval(timer);
    expect(elapsed).toBeGreaterThan(20);
    // A blocked loop would tick once, after the run; a machine under load may still skip many of the ticks.
    expect(ticks).toBeGreaterThan(1 + elapsed / 50);
  });

  it('hands errors over as TrainerErrors and goes on', async () => {
    const engine = await open();
    // Noise for three samples beside data for two
    const unequal = { ...batch(2), eps: new Float32Array(3 * 3) };
    await expect(engine.run('evaluate', unequal)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/^tfjs: running the program "evaluate" failed/),
    });
    await expect(engine.run('nothing', {})).rejects.toMatchObject(refusal);
    expect((await engine.run('encode', batch(1))).mean).toHaveLength(3);
  });

  it('does not start on weights that the programs cannot have', async () => {
    const wrong = { ...state, 'decoder.0-dense.bias': { data: new Float32Array(15), shape: [16] } };
    const setup = { ...toTfjsSetup({ encode }, wrong, { threads: 1, device: 'cpu' }), only };
    await expect(ThreadedPrograms.open(file, setup)).rejects.toMatchObject(refusal);
  });

  it('may be disposed twice, also at once, and refuses to run then', async () => {
    const engine = await open();
    await Promise.all([engine.dispose(), engine.dispose()]);
    await engine.dispose();
    await expect(engine.run('encode', batch(1))).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/^The engine's thread ended/),
    });
  });

  it('may end without having computed anything', async () => {
    const engine = await ThreadedPrograms.open(file, { ...toTfjsSetup({}, {}, { device: 'cpu' }), only });
    await engine.dispose();
    // A crash in TensorFlow would have ended this process.
    await expect(engine.run('encode', batch(1))).rejects.toMatchObject(refusal);
  });

  it('is what the engine compiles to, with notes on what is missing', async () => {
    const notes: string[] = [];
    compiled = await tfjsEngine.compile({ decode }, state, {
      threads: 1,
      onNote: (note) => void notes.push(note),
    });
    expect(compiled.description).toMatch(/^tfjs/);
    expect(compiled.description.startsWith('tfjs-node')).toBe(notes.length === 0);
    expect((await compiled.run('decode', { z: Float32Array.of(1, 2, 3) })).x).toHaveLength(64);
  });
});
