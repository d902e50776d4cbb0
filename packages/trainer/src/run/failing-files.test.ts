import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import {
  at,
  bytesOf,
  epochsOf,
  lastCheckpoint,
  PER_EPOCH,
  runIn,
  useRunFolder,
} from './testing/tiny-runs.js';
import type { StepInfo } from './types.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

it.each(['latent.json', 'metrics.jsonl', 'pictures/epoch-001.png'])(
  'a run that cannot write %s costs no step',
  async (file) => {
    const [path, aside] = [at('run', ...file.split('/')), at('aside')];
    const notes: string[] = [];
    const inTheWay = ({ step }: StepInfo) => {
      if (step !== PER_EPOCH) return;
      if (file === 'metrics.jsonl') renameSync(path, aside);
      mkdirSync(path);
    };
    const events = { onStep: inTheWay, onNote: (note: string) => void notes.push(note) };
    await expect(runIn('run', { logEvery: 1, events })).rejects.toMatchObject({
      code: 'bad-file',
      message: `Cannot write "${path}": it is a folder.`,
    });
    expect((await lastCheckpoint('run')).progress.step).toBe(PER_EPOCH);
    expect(notes.at(-1)).toContain(`The run is saved in ${at('run')} after step ${PER_EPOCH}`);
    await expect(runIn('run', { logEvery: 1, resume: true })).rejects.toThrow(`${path}: is a folder, and`);
    rmSync(path, { recursive: true });
    if (file === 'metrics.jsonl') renameSync(aside, path);
    await runIn('run', { logEvery: 1, resume: true });
    await runIn('straight', { logEvery: 1 });
    expect(await epochsOf('run')).toEqual(await epochsOf('straight'));
    expect(await bytesOf('run', 'vae/encoder.onnx')).toEqual(await bytesOf('straight', 'vae/encoder.onnx'));
  },
);
