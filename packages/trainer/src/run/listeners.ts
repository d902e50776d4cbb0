import { TrainerError } from '../errors.js';
import { Stop } from './stop.js';
import type { CheckpointInfo, EpochRecord, StartInfo, StepInfo, TrainEvents } from './types.js';

interface Infos {
  readonly onStart: StartInfo;
  readonly onStep: StepInfo;
  readonly onEpoch: EpochRecord;
  readonly onCheckpoint: CheckpointInfo;
}

/**
 * A caller's listeners. The first failure is kept, and nothing is told after it: the run is saved, then ends. Nothing is
 * told either after one that did not come back although the run is to end.
 */
export class Listeners {
  failure: TrainerError | undefined;
  private isLost = false;
  private stop = new Stop(undefined);

  constructor(private readonly events: TrainEvents = {}) {}

  /** @param stop from here on nothing is waited for much longer once the run is to end */
  endWith(stop: Stop): void {
    this.stop = stop;
  }

  async tell<Name extends keyof Infos>(name: Name, info: Infos[Name]): Promise<void> {
    if (this.failure || this.isLost) return;
    try {
      const listener = this.events[name] as ((info: Infos[Name]) => unknown) | undefined;
      this.isLost = !(await this.stop.waitFor(listener?.call(this.events, info)));
    } catch (cause) {
      this.fail(name, cause);
    }
  }

  /** Tells a note, which nobody waits for: a failure shows where one is asked for. */
  readonly note = (text: string): void => {
    if (this.failure || this.isLost) return;
    const tell = async () => this.events.onNote?.(text);
    void tell().catch((cause) => this.fail('onNote', cause));
  };

  private fail(name: keyof TrainEvents, cause: unknown): void {
    const what = cause instanceof Error ? cause.message : String(cause);
    this.failure ??= new TrainerError('callback-failed', `The listener ${name} failed: ${what}`, { cause });
  }

  /** @throws TrainerError "callback-failed" with where the run stands, if a listener has failed */
  requireNoFailure(saved?: { step: number; out: string }): void {
    if (!this.failure) return;
    const { code, message, cause } = this.failure;
    const where = saved && ` The run is saved in ${saved.out} after step ${saved.step}, and can be resumed.`;
    throw new TrainerError(code, `${message.replace(/([^.!?])$/, '$1.')}${where ?? ''}`, { cause });
  }
}
