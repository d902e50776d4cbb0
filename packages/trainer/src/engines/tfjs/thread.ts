import type { Compiled, Feeds, Results, State } from '../engine.js';
import { ThreadCalls } from '../thread/calls.js';
import type { Description, TfjsCall } from './serve.js';

/** Programs that live in a thread of their own, so that the caller's event loop stays free. */
export class ThreadedPrograms implements Compiled {
  private told: Description = { description: '', versions: {}, notes: [] };

  private constructor(private readonly thread: ThreadCalls<TfjsCall>) {}

  /**
   * @param file of the worker, from the build's `engines`
   * @param setup what the worker gets; plain data
   * @throws TrainerError what opening the programs throws there
   */
  static async open(file: string, setup: unknown): Promise<ThreadedPrograms> {
    const programs = new ThreadedPrograms(new ThreadCalls(file, setup));
    try {
      programs.told = await programs.thread.ask({ method: 'describe' });
      return programs;
    } catch (error) {
      await programs.thread.abandon();
      throw error;
    }
  }

  get description(): string {
    return this.told.description;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.told.versions;
  }

  get device(): string | undefined {
    return this.told.device;
  }

  get notes(): readonly string[] {
    return this.told.notes;
  }

  run(program: string, feeds: Feeds): Promise<Results> {
    return this.thread.ask({ method: 'run', program, feeds }, Object.values(feeds));
  }

  readState(): Promise<State> {
    return this.thread.ask({ method: 'readState' });
  }

  async writeState(state: State): Promise<void> {
    await this.thread.ask({ method: 'writeState', state });
  }

  /** Ends the thread; asked for again, also meanwhile, it is the same end. */
  dispose(): Promise<void> {
    return this.thread.close();
  }
}
