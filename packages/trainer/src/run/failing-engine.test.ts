import { expect, it, vi } from 'vitest';
import type { Engine } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import {
  at,
  bytesOf,
  epochsOf,
  lastCheckpoint,
  PER_EPOCH,
  runIn,
  useRunFolder,
} from './testing/tiny-runs.js';

let failing: string | undefined;

/** An engine that is gone, with all it holds, from the first run of one program on. */
const ending = (engine: Engine): Engine => ({
  name: engine.name,
  compile: async (...given) => {
    const compiled = await engine.compile(...given);
    let isGone = false;
    const unlessGone = <Result>(work: () => Promise<Result>): Promise<Result> =>
      isGone ? Promise.reject(new TrainerError('engine-failed', 'The device is gone.')) : work();
    return {
      ...compiled,
      run: (program, feeds) => {
        isGone ||= program === failing;
        return unlessGone(() => compiled.run(program, feeds));
      },
      readState: () => unlessGone(() => compiled.readState()),
      writeState: (state) => unlessGone(() => compiled.writeState(state)),
    };
  },
});

// The name of another engine stands for the one that ends.
vi.mock('../engines/index.js', async () => {
  const { engines } = await import('../testing/in-thread-engines.js');
  return { engines: { ...engines, tfjs: async () => ending(await engines.ort()) } };
});
useRunFolder();

it.each([
  ['at judging an epoch', 'evaluate', undefined],
  ['at its codes, with averaged weights', 'encode', 0.9],
])('an engine that fails %s costs no step', async (_, program, ema) => {
  const recipe = { ema };
  const notes: string[] = [];
  const events = { onNote: (note: string) => void notes.push(note) };
  failing = program;
  const failed = runIn('run', { recipe, engine: 'tfjs', events });
  await expect(failed).rejects.toMatchObject({ code: 'engine-failed', message: 'The device is gone.' });
  expect((await lastCheckpoint('run')).progress.step).toBe(PER_EPOCH);
  expect(notes.at(-1)).toBe(
    `What was trained could not be judged. The run is saved in ${at('run')} after step ${PER_EPOCH}, without a model, and can be resumed.`,
  );
  failing = undefined;
  await runIn('run', { recipe, engine: 'tfjs', resume: true });
  await runIn('straight', { recipe, engine: 'tfjs' });
  expect(await epochsOf('run')).toEqual(await epochsOf('straight'));
  expect(await bytesOf('run', 'vae/encoder.onnx')).toEqual(await bytesOf('straight', 'vae/encoder.onnx'));
});
