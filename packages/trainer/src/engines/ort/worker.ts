import { parentPort, workerData } from 'node:worker_threads';
import type { Request, Response } from './channel.js';
import { EngineThread, type OrtSetup } from './engine-thread.js';

// onnxruntime-node computes on the thread that calls it, so the engine has this one to itself.

const port = parentPort!;
const opening = EngineThread.open(workerData as OrtSetup);

const handlers = {
  describe: async () => (await opening).describe(),
  run: async ({ program, feeds }: Extract<Request, { method: 'run' }>) => (await opening).run(program, feeds),
  readState: async () => (await opening).readState(),
  writeState: async ({ state }: Extract<Request, { method: 'writeState' }>) =>
    (await opening).writeState(state),
  dispose: async () => (await opening).dispose(),
};

async function answer(request: Request): Promise<Response> {
  try {
    return { id: request.id, result: await handlers[request.method](request as never) };
  } catch (error) {
    const { message, code = 'engine-failed' } = error as Error & { code?: string };
    return { id: request.id, error: { code, message } };
  }
}

// One request at a time: a run reads the state that the one before it wrote.
let last: Promise<unknown> = Promise.resolve();
port.on('message', (request: Request) => {
  last = last.then(async () => port.postMessage(await answer(request)));
});
