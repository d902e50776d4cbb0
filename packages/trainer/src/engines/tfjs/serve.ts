import type { MessagePort } from 'node:worker_threads';
import type { Compiled, Feeds, State } from '../engine.js';

export type Request = { readonly id: number } & (
  | { readonly method: 'describe' | 'readState' | 'dispose' }
  | { readonly method: 'run'; readonly program: string; readonly feeds: Feeds }
  | { readonly method: 'writeState'; readonly state: State }
);

export interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface Description extends Pick<Compiled, 'description' | 'versions' | 'device'> {
  readonly notes: readonly string[];
}

type Served = Compiled & Description;

function answer(programs: Served, request: Request): Promise<unknown> | Description {
  if (request.method === 'run') return programs.run(request.program, request.feeds);
  if (request.method === 'writeState') return programs.writeState(request.state);
  if (request.method !== 'describe') return programs[request.method]();
  const { description, versions, device, notes } = programs;
  return { description, versions, device, notes };
}

/** Answers the questions that come through a port, one at a time: a run reads the state that the last one wrote. */
export function serve(port: MessagePort, opening: Promise<Served>): void {
  // A failure is the answer to the first question, which may come later than it.
  opening.catch(() => {});
  const respond = async (request: Request): Promise<Response> => {
    try {
      return { id: request.id, result: await answer(await opening, request) };
    } catch (error) {
      const { message, code = 'engine-failed' } = error as Error & { code?: string };
      return { id: request.id, error: { code, message } };
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request) => {
    last = last.then(async () => port.postMessage(await respond(request)));
  });
}
