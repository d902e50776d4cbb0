import type { Compiled, Feeds, State } from '../engine.js';
import { answerCalls } from '../thread/answers.js';

export type TfjsCall =
  | { readonly method: 'describe' | 'readState' | 'dispose' }
  | { readonly method: 'run'; readonly program: string; readonly feeds: Feeds }
  | { readonly method: 'writeState'; readonly state: State };

export interface Description extends Pick<Compiled, 'description' | 'versions' | 'device'> {
  readonly notes: readonly string[];
}

type Served = Compiled & Description;

function answer(programs: Served, request: TfjsCall): Promise<unknown> | Description {
  if (request.method === 'run') return programs.run(request.program, request.feeds);
  if (request.method === 'writeState') return programs.writeState(request.state);
  if (request.method !== 'describe') return programs[request.method]();
  const { description, versions, device, notes } = programs;
  return { description, versions, device, notes };
}

/** Answers for programs that are still being opened. */
export function serve(opening: Promise<Served>): void {
  // A failure is the answer to the first question, which may come later than it.
  opening.catch(() => {});
  answerCalls<TfjsCall>(async (call) => answer(await opening, call));
}
