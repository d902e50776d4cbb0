import { existsSync } from 'node:fs';
import { copyFile, link, rename, rm } from 'node:fs/promises';
import { TrainerError } from '../errors.js';
import { temporaryName } from '../terminal/atomic-write.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import type { RunFolder } from './folder.js';

/** Gives a file a second name, at once or not at all; the file itself is never without its first one. */
async function copyName(from: string, to: string): Promise<void> {
  const temporary = temporaryName(to);
  try {
    // Some file systems know no links.
    await link(from, temporary).catch(() => copyFile(from, temporary));
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The checkpoints of a run: the last, the one before it, the best, and those that are kept for good. */
export class Checkpoints {
  /** Whether the file `last` is one that nobody should keep. */
  private lastIsDamaged = false;

  constructor(
    private readonly folder: RunFolder,
    /** Steps between checkpoints that are never replaced. */
    private readonly keepEvery = Number.POSITIVE_INFINITY,
  ) {}

  /** Replaces the last checkpoint, which stays as the previous one. */
  async saveLast(checkpoint: Checkpoint): Promise<void> {
    const last = this.folder.checkpoint('last');
    if (existsSync(last) && !this.lastIsDamaged) await copyName(last, this.folder.checkpoint('previous'));
    await saveCheckpoint(last, checkpoint);
    this.lastIsDamaged = false;
    const { step } = checkpoint.progress;
    if (step % this.keepEvery === 0) await copyName(last, this.folder.keptCheckpoint(step));
  }

  saveBest(checkpoint: Checkpoint): Promise<void> {
    return saveCheckpoint(this.folder.checkpoint('best'), checkpoint);
  }

  loadBest(): Promise<Checkpoint | undefined> {
    return loadCheckpoint(this.folder.checkpoint('best'));
  }

  /**
   * The newest checkpoint that is whole.
   *
   * @param onNote told when the last one is damaged and the one before it is taken
   * @returns undefined when there is none at all
   * @throws TrainerError "bad-file" when there are only damaged ones
   */
  async loadNewest(onNote?: (text: string) => void): Promise<Checkpoint | undefined> {
    try {
      const last = await loadCheckpoint(this.folder.checkpoint('last'));
      if (last) return last;
    } catch (error) {
      const previous = await loadCheckpoint(this.folder.checkpoint('previous')).catch(() => undefined);
      if (!(error instanceof TrainerError) || !previous) throw error;
      this.lastIsDamaged = true;
      onNote?.(`${error.message} Going on from the one before it, after step ${previous.progress.step}.`);
      return previous;
    }
    return loadCheckpoint(this.folder.checkpoint('previous'));
  }
}
