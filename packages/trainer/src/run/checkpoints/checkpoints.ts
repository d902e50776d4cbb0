import { existsSync } from 'node:fs';
import { copyFile, link, rename, rm } from 'node:fs/promises';
import { letGo } from '../../engines/let-go.js';
import { TrainerError } from '../../errors.js';
import { temporaryName } from '../../files/atomic-write.js';
import { isMissing, type RunFolder } from '../folder.js';
import { type Checkpoint, loadCheckpoint, type Progress, saveCheckpoint } from './checkpoint.js';

/** Gives a file a second name. */
async function addName(from: string, to: string): Promise<void> {
  // Some file systems know no links.
  await link(from, to).catch(() => copyFile(from, to));
}

const isDamage = (error: unknown): error is TrainerError =>
  error instanceof TrainerError && error.code === 'bad-file';

/** A checkpoint that a run may go on from, if it is whole. */
interface Candidate {
  readonly path: string;
  /** For notes. */
  readonly name: string;
  /** Whether it is taken without a word: a kill between two names leaves the one before. */
  readonly isLatest?: boolean;
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

  /** @throws TrainerError "bad-file" when it is missing or damaged */
  async loadBest(): Promise<Checkpoint> {
    const path = this.folder.checkpoint('best');
    const best = await loadCheckpoint(path).catch((error) => {
      throw isDamage(error) ? this.bestIsLost(error.message, error) : error;
    });
    if (!best) throw this.bestIsLost(`${path}: the checkpoint is missing.`);
    return best;
  }

  private bestIsLost(reason: string, cause?: TrainerError): TrainerError {
    const model = this.folder.model();
    const advice = existsSync(model)
      ? `, and others may be worse than the model in ${model}. Put the file back, or move ${model} elsewhere, then go on with --resume.`
      : '; a run that goes on chooses among the epochs from here on.';
    return new TrainerError('bad-file', `${reason} It held the best weights so far${advice}`, { cause });
  }

  /**
   * The best epoch so far, for a run that goes on: the one that the file `best` holds, which may have been written after
   * the checkpoint that it goes on from. A file that is lost is forgotten with a note, unless there is a model already,
   * which weights that are worse would replace.
   *
   * @param known the best that the checkpoint knows of
   * @throws TrainerError "bad-file" when the file is missing or damaged and there is a model
   */
  async findBest(known: Progress['best'], onNote?: (text: string) => void): Promise<Progress['best']> {
    if (known === undefined && !existsSync(this.folder.checkpoint('best'))) return undefined;
    try {
      const { progress, state } = await this.loadBest();
      letGo(state);
      return progress.best;
    } catch (error) {
      if (!isDamage(error) || existsSync(this.folder.model())) throw error;
      onNote?.(error.message);
      return undefined;
    }
  }

  private candidates(): Candidate[] {
    const at = (which: 'last' | 'previous' | 'best') => this.folder.checkpoint(which);
    return [
      { path: at('last'), name: 'the last one', isLatest: true },
      { path: at('previous'), name: 'the one before it', isLatest: true },
      { path: at('best'), name: 'the best one' },
      ...this.folder.keptCheckpoints().map((path) => ({ path, name: 'the newest whole one that was kept' })),
    ];
  }

  /**
   * The newest checkpoint that is whole: the last, the one before it, else the best, else one that was kept for good.
   *
   * @param onNote told when the last one is damaged, or lost, and another one is taken
   * @returns undefined when there is none at all
   * @throws TrainerError "bad-file" when there are only damaged ones, "newer-file" when a newer version of this program
   *   wrote the first that is there
   */
  async loadNewest(onNote?: (text: string) => void): Promise<Checkpoint | undefined> {
    let damage: TrainerError | undefined;
    const last = this.folder.checkpoint('last');
    for (const { path, name, isLatest } of this.candidates()) {
      try {
        const checkpoint = await loadCheckpoint(path);
        if (!checkpoint) continue;
        const what = damage?.message ?? `${last}: the checkpoint is missing.`;
        if (damage || !isLatest)
          onNote?.(`${what} Going on from ${name}, after step ${checkpoint.progress.step}.`);
        return checkpoint;
      } catch (error) {
        if (!isDamage(error)) throw error;
        damage ??= error;
        this.lastIsDamaged ||= path === last;
      }
    }
    if (damage) throw this.noneIsWhole(damage);
    return undefined;
  }

  private noneIsWhole(cause: TrainerError): TrainerError {
    const model = this.folder.model();
    const [kept, replaced] = existsSync(model)
      ? [` The model in ${model} is as it was.`, ', which replaces the model too']
      : ['', ''];
    return new TrainerError(
      'bad-file',
      `${cause.message} No other is whole, so there is nothing to go on from.${kept} Begin a new run with another --out, ` +
        `or with --overwrite${replaced}.`,
      { cause },
    );
  }
}
