import { answerCalls, setupOfThread } from '../thread/answers.js';
import type { OrtCall, ThreadSetup } from './calls.js';
import { chooseRuntime } from './choose-runtime.js';
import { countDenormalsAsZero } from './denormals.js';
import { EngineThread } from './engine-thread.js';

// onnxruntime-node computes on the thread that calls it, so the engine has this one to itself.

countDenormalsAsZero();
const choosing = chooseRuntime(setupOfThread<ThreadSetup>().device);
// A failure is raised when the choice is asked for.
choosing.catch(() => {});
let opened: EngineThread | undefined;

type Of<Method extends OrtCall['method']> = Extract<OrtCall, { method: Method }>;

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
  runSteps: async ({ program, feeds, slots }: Of<'runSteps'>) => opened!.runSteps(program, feeds, slots),
  readState: async () => opened!.readState(),
  writeState: async ({ state }: Of<'writeState'>) => opened!.writeState(state),
  dispose: async () => opened?.dispose(),
};

answerCalls<OrtCall>((call) => handlers[call.method](call as never));
