import { existsSync } from 'node:fs';
import { copyFile, link, rename, rm } from 'node:fs/promises';
import { TrainerError } from '../errors.js';
import { temporaryName } from '../files/atomic-write.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { isMissing, type RunFolder } from './folder.js';

/** Gives a file a second name. */
async function addName(from: string, to: string): Promise<void> {
  // Some file systems know no links.
  await link(from, to).catch(() => copyFile(from, to));
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

  /**
   * Replaces the last checkpoint, which stays as the previous one. No other goes before the new one is on the disk.
   *
   * @throws TrainerError "not-saved" when the system refuses; all checkpoints are as they were then. "run-lost" when
   *   the folder is deleted meanwhile
   */
  async saveLast(checkpoint: Checkpoint): Promise<void> {
    const last = this.folder.checkpoint('last');
    const previous = this.folder.checkpoint('previous');
    const { step } = checkpoint.progress;
    const [before, copy] = [temporaryName(previous), temporaryName(last)];
    try {
      if (existsSync(last) && !this.lastIsDamaged) await addName(last, before);
      await saveCheckpoint(last, checkpoint);
      this.lastIsDamaged = false;
      if (existsSync(before)) await rename(before, previous);
      if (step === 0 || step % this.keepEvery !== 0) return;
      await addName(last, copy);
      await rename(copy, this.folder.keptCheckpoint(step));
    } catch (error) {
      throw isMissing(error) ? this.folder.lost(error) : error;
    } finally {
      for (const temporary of [before, copy]) await rm(temporary, { force: true });
    }
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
   * @throws TrainerError "bad-file" when there are only damaged ones, "newer-file" when a newer version of this program
   *   wrote the last one
   */
  async loadNewest(onNote?: (text: string) => void): Promise<Checkpoint | undefined> {
    try {
      const last = await loadCheckpoint(this.folder.checkpoint('last'));
      if (last) return last;
    } catch (error) {
      if (!(error instanceof TrainerError) || error.code !== 'bad-file') throw error;
      const previous = await loadCheckpoint(this.folder.checkpoint('previous')).catch(() => undefined);
      if (!previous) throw error;
      this.lastIsDamaged = true;
      onNote?.(`${error.message} Going on from the one before it, after step ${previous.progress.step}.`);
      return previous;
    }
    return loadCheckpoint(this.folder.checkpoint('previous'));
  }
}
