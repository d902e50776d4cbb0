import type { MessagePort } from 'node:worker_threads';

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

/** Answers the questions that come through a port, one at a time: a run reads the state that the one before it wrote. */
export function answerCalls<Asked extends Call>(
  port: MessagePort,
  answer: (call: Asked) => Promise<unknown>,
): void {
  const respond = async (request: Request<Asked>): Promise<Response> => {
    try {
      return { id: request.id, result: await answer(request) };
    } catch (error) {
      const { message, code = 'engine-failed' } = error as Error & { code?: string };
      return { id: request.id, error: { code, message } };
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request<Asked>) => {
    last = last.then(async () => port.postMessage(await respond(request)));
  });
}
