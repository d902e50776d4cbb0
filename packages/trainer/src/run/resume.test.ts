import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { tinyRecipe } from '../testing/tiny-training.js';
import {
  at,
  bytesOf,
  epochsOf,
  lastCheckpoint,
  PER_EPOCH,
  runIn,
  stepsOf,
  useRunFolder,
} from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

describe('going on with a run', () => {
  // 12 steps are two epochs; 9 is the middle of the second.
  it.each([6, 9, 3])('after %i of 12 steps ends where a straight run ends, bit by bit', async (steps) => {
    await runIn('straight', { recipe: { data: { source: 'digits', binarize: 0.5, validation: 0 } } });
    await runIn('parts', { steps });
    const result = await runIn('parts', { resume: true });
    expect(result.steps).toBe(12);
    const [straight, parts] = [await lastCheckpoint('straight'), await lastCheckpoint('parts')];
    expect(parts.state).toEqual(straight.state);
    expect(parts.progress).toEqual(straight.progress);
    const full = (await epochsOf('parts')).filter(({ step }) => step % PER_EPOCH === 0);
    expect(full).toEqual(await epochsOf('straight'));
    for (const file of ['vae/encoder.onnx', 'vae/decoder.onnx', 'pictures/training.gif'])
      expect((await bytesOf('parts', file)).equals(await bytesOf('straight', file))).toBe(true);
  });

  it('from a checkpoint inside an epoch drops what was logged after it', async () => {
    await runIn('straight', { logEvery: 1 });
    const controller = new AbortController();
    const stopAt = (stop: number) => ({
      onStep: ({ step }: { step: number }) => {
        if (step === stop) controller.abort();
      },
    });
    const first = await runIn('parts', { logEvery: 1, signal: controller.signal, events: stopAt(8) });
    expect(first).toMatchObject({ interrupted: true, steps: 8 });
    // As if killed a few steps later, in the middle of a line
    const torn = `${JSON.stringify({ kind: 'step', step: 9, epoch: 2, loss: 1 })}\n{"kind":"st`;
    await writeFile(at('parts', 'metrics.jsonl'), torn, { flag: 'a' });
    await runIn('parts', { logEvery: 1, resume: true });
    expect((await lastCheckpoint('parts')).state).toEqual((await lastCheckpoint('straight')).state);
    expect(await stepsOf('parts')).toEqual(await stepsOf('straight'));
    expect(await epochsOf('parts')).toEqual(await epochsOf('straight'));
  });

  it('that is over only exports again', async () => {
    await runIn('run');
    const before = await bytesOf('run', 'vae/vae.json');
    const result = await runIn('run', { resume: true });
    expect(result.steps).toBe(12);
    expect((await bytesOf('run', 'vae/vae.json')).equals(before)).toBe(true);
  });

  it('without a complete checkpoint starts afresh and says so', async () => {
    await runIn('run', { steps: 2 });
    for (const name of ['checkpoints', 'vae']) await rm(at('run', name), { recursive: true });
    const notes: string[] = [];
    const result = await runIn('run', { resume: true, events: { onNote: (text) => void notes.push(text) } });
    expect(result.steps).toBe(12);
    expect(notes).toEqual([`${at('run')} holds no complete checkpoint; starting afresh.`]);
  });

  it('without a checkpoint leaves a model alone, which the first weights of all would replace', async () => {
    await runIn('run', { steps: 2 });
    await rm(at('run', 'checkpoints'), { recursive: true });
    const before = await bytesOf('run', 'metrics.jsonl');
    await expect(runIn('run', { resume: true })).rejects.toMatchObject({
      code: 'bad-file',
      message:
        `${at('run')} holds a model, and no checkpoint to go on from. Put the checkpoint back, or begin a new run with another ` +
        '--out, or with --overwrite, which replaces the model.',
    });
    expect(await bytesOf('run', 'metrics.jsonl')).toEqual(before);
    expect((await runIn('run', { resume: true, overwrite: true })).steps).toBe(12);
  });

  it('with a damaged checkpoint is refused and changes nothing', async () => {
    await runIn('run', { steps: 2 });
    await writeFile(at('run', 'checkpoints', 'last.zip'), 'PK');
    const before = await bytesOf('run', 'metrics.jsonl');
    await expect(runIn('run', { resume: true })).rejects.toMatchObject({ code: 'bad-file' });
    expect(await bytesOf('run', 'metrics.jsonl')).toEqual(before);
  });

  it('with other networks is refused and changes nothing', async () => {
    await runIn('run', { steps: 2 });
    const before = await bytesOf('run', 'recipe.json');
    const model = { ...tinyRecipe().model, latent: 3 };
    await expect(runIn('run', { resume: true, recipe: { model } })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-recipe',
      message: expect.stringContaining('"model" is not what the run began with'),
    });
    expect((await bytesOf('run', 'recipe.json')).equals(before)).toBe(true);
  });

  it('with an average where there was none is refused, and says so', async () => {
    await runIn('run', { steps: 2 });
    await expect(runIn('run', { resume: true, recipe: { ema: 0.9 } })).rejects.toMatchObject({
      message: expect.stringMatching(
        /"ema" \(0\.9\) is not what the run began with \(none\)\. Leave it as it was, or .* without --resume\.$/,
      ),
    });
  });

  it('after a best epoch that was only begun still exports that epoch with its own numbers', async () => {
    const recipe = { data: { source: 'bars', binarize: 0.5, validation: 10 } as const };
    const first = await runIn('run', { steps: 2, recipe });
    // A step size of nothing: no later epoch is better than the first, which was stopped on its way.
    const optimizer = { ...tinyRecipe().optimizer, learningRate: 1e-30 };
    const more = await runIn('run', { resume: true, recipe: { ...recipe, optimizer } });
    const { metrics, training } = JSON.parse((await bytesOf('run', 'vae/vae.json')).toString());
    expect(training.steps).toBe(2);
    expect(metrics.test.bound).toBe(first.test!.bound);
    expect(more.test).toEqual(first.test);
    // Its picture is of the two steps that were exported, and not of the whole epoch that came after.
    await runIn('straight', { steps: 2, recipe });
    expect(await bytesOf('run', 'pictures/epoch-001.png')).toEqual(
      await bytesOf('straight', 'pictures/epoch-001.png'),
    );
  });

  it('is never done by accident', async () => {
    await runIn('run', { steps: 2 });
    const before = await bytesOf('run', 'checkpoints/last.zip');
    await expect(runIn('run')).rejects.toMatchObject({ code: 'run-exists' });
    expect((await bytesOf('run', 'checkpoints/last.zip')).equals(before)).toBe(true);
    expect(await runIn('run', { overwrite: true })).toMatchObject({ steps: 12 });
  });
});
