import { parentPort, workerData } from 'node:worker_threads';
import { arraysOf, type State } from '../engine.js';
import { ExitGate } from './exit-gate.js';

/** What a thread is asked: a method, and what belongs to it. Every thread knows `dispose`. */
export interface Call {
  readonly method: string;
}

export type Request<Asked extends Call> = Asked & { readonly id: number };

export interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What a thread is started with. */
export interface ThreadData<Setup> {
  readonly setup: Setup;
  /** Memory of an `ExitGate`. */
  readonly gate: Int32Array;
}

/** What the caller of this thread gave it. */
export const setupOfThread = <Setup>(): Setup => (workerData as ThreadData<Setup>).setup;

/**
 * Answers the questions to this thread one at a time: a run reads the state that the one before it wrote.
 *
 * @param answer what it answers to `readState` is handed over: nobody needs it here any more
 */
export function answerCalls<Asked extends Call>(answer: (call: Asked) => Promise<unknown>): void {
  const port = parentPort!;
  const gate = new ExitGate((workerData as ThreadData<unknown>).gate);
  const post = (response: Response, arrays: readonly Float32Array[] = []) => {
    port.postMessage(response, [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))]);
  };
  const respond = async (request: Request<Asked>): Promise<void> => {
    const { id } = request;
    try {
      const result = await gate.pass(() => answer(request));
      post({ id, result }, request.method === 'readState' ? arraysOf(result as State) : []);
    } catch (error) {
      const { message, code = 'engine-failed' } = error as Error & { code?: string };
      post({ id, error: { code, message } });
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request<Asked>) => {
    last = last.then(() => respond(request));
  });
}
