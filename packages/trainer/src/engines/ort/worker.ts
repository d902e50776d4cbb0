import { parentPort, workerData } from 'node:worker_threads';
import type { Call, ChannelSetup, Request, Response } from './channel.js';
import { chooseRuntime } from './choose-runtime.js';
import { EngineThread } from './engine-thread.js';

// onnxruntime-node computes on the thread that calls it, so the engine has this one to itself.

const port = parentPort!;
const choosing = chooseRuntime((workerData as ChannelSetup).device);
// A failure is raised when the choice is asked for.
choosing.catch(() => {});
let opened: EngineThread | undefined;

type Of<Method extends Call['method']> = Extract<Call, { method: Method }>;

const handlers = {
  choose: async () => {
    const { runtime, note } = await choosing;
    return { device: runtime.device, note };
  },
  open: async ({ setup }: Of<'open'>) => {
    opened = await EngineThread.open(setup, (await choosing).runtime);
    return opened.describe();
  },
  run: async ({ program, feeds }: Of<'run'>) => opened!.run(program, feeds),
  runSteps: async ({ program, feeds }: Of<'runSteps'>) => opened!.runSteps(program, feeds),
  readState: async () => opened!.readState(),
  writeState: async ({ state }: Of<'writeState'>) => opened!.writeState(state),
  dispose: async () => opened?.dispose(),
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
