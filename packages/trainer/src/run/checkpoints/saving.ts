import { performance } from 'node:perf_hooks';
import type { State } from '../../engines/engine.js';
import type { RunFolder } from '../folder.js';
import type { Listeners } from '../listeners.js';
import type { Checkpoint } from './checkpoint.js';
import type { Checkpoints } from './checkpoints.js';

/** What a killed run may lose of short epochs, which take less time than their checkpoints would. */
const LEAST_PAUSE_MS = 1000;

/** When the checkpoints of a run are written: the best weights wait for the next one that is written. */
export class Saving {
  private best: Checkpoint | undefined;
  private savedAt = Number.NEGATIVE_INFINITY;

  /** @param savedStep that the last checkpoint is of, for a run that goes on */
  constructor(
    private readonly checkpoints: Checkpoints,
    private readonly folder: RunFolder,
    private readonly listeners: Listeners,
    private savedStep?: number,
  ) {}

  /** Whether the last checkpoint is of this step. */
  hasSaved(step: number): boolean {
    return this.savedStep === step;
  }

  /** Whether it is time for a checkpoint that nothing else asks for. */
  get isDue(): boolean {
    return performance.now() - this.savedAt >= LEAST_PAUSE_MS;
  }

  keepBest(checkpoint: Checkpoint): void {
    this.best = checkpoint;
  }

  /** Told before the arrays of a state are let go. */
  outlive(state: State): void {
    if (this.best?.state === state) this.best = structuredClone(this.best);
  }

  async saveBest(): Promise<void> {
    if (!this.best) return;
    this.folder.requireThere();
    await this.checkpoints.saveBest(this.best);
    await this.tell('best', this.best);
    this.best = undefined;
  }

  async saveLast(checkpoint: Checkpoint): Promise<void> {
    this.folder.requireThere();
    await this.saveBest();
    await this.checkpoints.saveLast(checkpoint);
    this.savedStep = checkpoint.progress.step;
    this.savedAt = performance.now();
    await this.tell('last', checkpoint);
  }

  private tell(which: 'last' | 'best', { progress: { step } }: Checkpoint): Promise<void> {
    return this.listeners.tell('onCheckpoint', { step, path: this.folder.checkpoint(which) });
  }
}
